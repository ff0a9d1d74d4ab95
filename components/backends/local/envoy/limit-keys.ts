import type { RateLimit, Route } from "../../../spec/model.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { sortedProvidersOf } from "./jwt.ts";
import { claimPaths } from "./jwt-claims.ts";
import { type JsonObject, typed } from "./values.ts";

/** The value counted for tokens that do not have the claim as a text, and for requests without the header: one bucket for all of them. */
const NONE = "none";

/** Limits of the same name look alike to Envoy. */
export function limitName({ requests, per, burst, key }: RateLimit, route?: Route): string {
  const by = {
    gateway: () => "all",
    clientIp: () => "clientIp",
    consumer: () => "consumer",
    jwtClaim: () => `claim ${key.kind === "jwtClaim" ? key.claim : ""} of ${route ? sortedProvidersOf(route).join(",") : ""}`,
    header: () => `header ${key.kind === "header" ? key.header : ""}`,
  }[key.kind]();
  return `${requests} per ${per}, burst ${burst}, by ${by}`;
}

/** The entries of the descriptor a limit is counted by; without a value each value gets a bucket. */
export function keyEntries({ key }: RateLimit): JsonObject[] {
  const keys = {
    gateway: [],
    clientIp: ["masked_remote_address"],
    consumer: ["consumer"],
    jwtClaim: ["issuer", "claim"],
    header: ["header"],
  };
  return keys[key.kind].map((name) => ({ key: name }));
}

/** How the values of these entries are found. */
export function keyActions({ key }: RateLimit, route?: Route): JsonObject[] {
  switch (key.kind) {
    case "gateway":
      return [];
    case "clientIp":
      // IPv6 clients own whole networks, so a client is a /64 there.
      return [{ masked_remote_address: { v4_prefix_mask_len: 32, v6_prefix_mask_len: 64 } }];
    case "consumer":
      return [fromHeader(IDENTITY.consumer, "consumer")];
    case "header":
      return [expression("header", `'${key.header}' in request.headers ? request.headers['${key.header}'] : '${NONE}'`)];
    case "jwtClaim":
      // The same value of two issuers is not the same client.
      return [fromHeader(IDENTITY.issuer, "issuer"), fromClaim(key.claim, route ? sortedProvidersOf(route) : [])];
  }
}

const fromHeader = (name: string, key: string): JsonObject => ({ request_headers: { header_name: name, descriptor_key: key } });

/** The claim in the token that was verified; with several providers, of whichever it was. */
function fromClaim(claim: string, providers: readonly string[]): JsonObject {
  const path = claimPaths(claim)[0] ?? [];
  const [provider, ...others] = providers;
  if (provider !== undefined && others.length === 0) {
    return {
      metadata: {
        descriptor_key: "claim",
        metadata_key: { key: FILTERS.jwt, path: [provider, ...path].map((key) => ({ key })) },
        source: "DYNAMIC",
        default_value: NONE,
      },
    };
  }
  return expression(
    "claim",
    providers.reduceRight((otherwise, name) => {
      const keys = [name, ...path];
      const at = (length: number) =>
        `metadata.filter_metadata['${FILTERS.jwt}']${keys
          .slice(0, length)
          .map((key) => `['${key}']`)
          .join("")}`;
      const there = keys.map((key, index) => `'${key}' in ${at(index)}`).join(" && ");
      return `${there} && type(${at(keys.length)}) == string ? ${at(keys.length)} : (${otherwise})`;
    }, `'${NONE}'`),
  );
}

function expression(key: string, text: string): JsonObject {
  return {
    extension: {
      name: "envoy.rate_limit_descriptors.expr",
      typed_config: typed("envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor", { descriptor_key: key, text }),
    },
  };
}
