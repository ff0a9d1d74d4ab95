import { readAws } from "./aws/export.ts";
import { readAzureApi, readPolicies } from "./azure/policy.ts";
import type { Draft } from "./draft.ts";
import { readManifests } from "./gateway-api/manifests.ts";
import { readEndpoints } from "./gcp/endpoints.ts";
import { readKong } from "./kong/config.ts";
import { readApi } from "./openapi/api.ts";
import type { Field } from "./reader.ts";

/** What can be imported. */
export const FORMATS = {
  openapi: "an OpenAPI 3.x or Swagger 2.0 document",
  aws: "a REST or HTTP API of Amazon API Gateway, exported as OpenAPI with its API Gateway extensions",
  azure: "an API of Azure API Management: its OpenAPI export and its policy documents",
  gcp: "an OpenAPI document of Cloud Endpoints or API Gateway on Google Cloud",
  kong: "a declarative configuration of Kong, as decK writes it",
  "gateway-api": "manifests of Gateway API and Envoy Gateway",
} as const;

export type Format = keyof typeof FORMATS;

/** One document of the input: a YAML or JSON value, or the tree of an XML text. */
export interface Part {
  readonly field: Field;
  readonly kind: "data" | "xml";
}

type Map = Readonly<Record<string, unknown>>;

const maps = (parts: readonly Part[]): Map[] =>
  parts.flatMap(({ field }) => {
    const value = field.peek();
    return typeof value === "object" && value !== null && !Array.isArray(value) ? [value as Map] : [];
  });

/** The format the input has; undefined when it has none that is known. */
export function guessFormat(parts: readonly Part[]): Format | undefined {
  if (parts.some(({ kind }) => kind === "xml")) return "azure";
  const found = maps(parts);
  if (found.some((value) => "_format_version" in value)) return "kong";
  if (found.some((value) => "apiVersion" in value && "kind" in value)) return "gateway-api";
  if (!found.some((value) => "openapi" in value || "swagger" in value)) return undefined;
  if (found.some((value) => hasKey(value, "x-amazon-apigateway-"))) return "aws";
  if (found.some((value) => hasKey(value, "x-google-"))) return "gcp";
  return found.some((value) => JSON.stringify([value.servers, value.host]).includes(".azure-api.net")) ? "azure" : "openapi";
}

/** Looks where vendors put their extensions: at the top, in security schemes and in operations. */
function hasKey(value: unknown, prefix: string, depth = 0): boolean {
  if (typeof value !== "object" || value === null || depth > 5) return false;
  return Object.entries(value).some(([key, child]) => key.startsWith(prefix) || hasKey(child, prefix, depth + 1));
}

const isApi = (field: Field) => field.has("openapi") || field.has("swagger");

/** Whether the format has any use for the parts. */
export function canRead(format: Format, parts: readonly Part[]): boolean {
  const data = parts.filter(({ kind }) => kind === "data");
  if (format === "kong" || format === "gateway-api") return data.length > 0;
  return data.some(({ field }) => isApi(field));
}

/** Reads the parts into the draft. Parts the format has no use for stay unread and are reported. */
export function readFormat(format: Format, parts: readonly Part[], draft: Draft): void {
  const data = parts.filter(({ kind }) => kind === "data").map(({ field }) => field);
  switch (format) {
    case "kong":
      for (const field of data) readKong(field, draft);
      return;
    case "gateway-api":
      readManifests(data, draft);
      return;
    case "azure":
      for (const field of data.filter(isApi)) readAzureApi(field, draft);
      for (const { field } of parts.filter(({ kind }) => kind === "xml")) readPolicies(field, draft);
      return;
    default:
      for (const field of data.filter(isApi)) ({ openapi: plain, aws: readAws, gcp: readEndpoints })[format](field, draft);
  }
}

const plain = (field: Field, draft: Draft) => readApi(field, draft, {});
