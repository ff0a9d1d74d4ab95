import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Imported, type ImportOptions, importGateway } from "../../../import/import.ts";

export const SAMPLES = join(import.meta.dirname, "samples");

/** A sample: its files, what a person answers, and how many of them there are to answer. */
export interface Sample {
  readonly files: readonly string[];
  readonly format: string;
  readonly answers: Readonly<Record<string, unknown>>;
}

const CA = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
const url = (host: string) => ({ url: `https://${host}.example` });

export const ALL: Readonly<Record<string, Sample>> = {
  "an OpenAPI document": {
    files: ["openapi.yaml"],
    format: "openapi",
    answers: {
      jwt: { providers: { oauth: { audiences: ["parcels"], jwksUri: "https://login.parcels.example/keys" } } },
      consumers: { partner: {} },
      backends: { api: url("parcels") },
      routes: { legacy: { require: [{ apiKey: true }] } },
    },
  },
  "a REST API of AWS": {
    files: ["aws-rest.json"],
    format: "aws",
    answers: {
      hostname: "api.orders.example",
      jwt: { providers: { customers: { audiences: ["orders"] } } },
      consumers: { partner: {} },
      backends: { "place-order": url("place-order"), files: url("files") },
      routes: { "get-orders-orderId": { require: [{ jwt: "customers" }] }, "any-files-proxy": { require: [{ apiKey: true }] } },
    },
  },
  "an HTTP API of AWS": {
    files: ["aws-http.yaml"],
    format: "aws",
    answers: {
      hostname: "api.catalog.example",
      jwt: { providers: { jwt: { jwksUri: "https://login.catalog.example/keys" } } },
      backends: { fallback: url("fallback") },
      routes: { "any-default": { public: true } },
    },
  },
  "an API of API Management with its policies": {
    files: ["azure-api.yaml", "azure-policy.xml"],
    format: "azure",
    answers: {
      hostname: "api.insurance.example",
      jwt: { providers: { login: { jwksUri: "https://login.insurance.example/keys" } } },
      consumers: { broker: { plan: "subscription" } },
    },
  },
  "a document of Cloud Endpoints": {
    files: ["endpoints.yaml"],
    format: "gcp",
    answers: { consumers: { app: {} }, routes: { ping: { public: true } } },
  },
  "a file of decK": {
    files: ["kong.yaml"],
    format: "kong",
    answers: {
      name: "shop",
      jwt: { providers: { login: { audiences: ["shop"] } } },
      backends: { catalog: url("catalog") },
      routes: { catalog: { public: true }, "catalog-below": { public: true } },
    },
  },
  "manifests of Gateway API and Envoy Gateway": {
    files: ["gateway-api.yaml"],
    format: "gateway-api",
    answers: {
      backends: { intents: url("intents"), "intents-next": url("intents-next"), ledger: url("ledger") },
      routes: { ledger: { require: [{ jwt: "login" }] } },
    },
  },
};

export { CA };

export const readSample = (file: string) => readFileSync(join(SAMPLES, file), "utf8");

export const filesOf = (sample: Sample) => sample.files.map((name) => ({ name, text: readSample(name) }));

/** The result of an import that must succeed. */
export function imported(options: ImportOptions): Imported {
  const result = importGateway(options);
  if (result.imported === undefined) throw new Error(JSON.stringify(result.faults));
  return result.imported;
}

/** A text of one document, with the format it has by itself. */
export const importText = (text: string, options: Partial<ImportOptions> = {}) =>
  imported({ files: [{ name: "input", text }], ...options });
