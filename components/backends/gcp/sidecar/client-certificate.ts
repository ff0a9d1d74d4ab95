import type { GatewayModel } from "../../../spec/model.ts";
import { type JsonObject, setHeader, typed } from "../../local/envoy/values.ts";
import { EDGE_HEADERS } from "../needs.ts";

const NAMES_FILTER = "gateway.client-certificate-names";
const HASHES_FILTER = "gateway.client-certificate-hashes";
const RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC";

/** Compares what the load balancer has verified with the declared names and fingerprints; both must fit where both are given. */
export function certificateFilters({ tls }: GatewayModel): JsonObject[] {
  const validation = tls.clientValidation;
  if (validation === undefined) return [];
  return [
    ...(validation.subjectAltNames.length > 0 ? [allows(NAMES_FILTER, validation.subjectAltNames.flatMap(nameIn))] : []),
    ...(validation.certificateHashes.length > 0
      ? [allows(HASHES_FILTER, [oneOfValues(EDGE_HEADERS.fingerprint, validation.certificateHashes.map(base64OfHex))])]
      : []),
  ];
}

/** Health has no client certificate. */
export function withoutCertificate(model: GatewayModel): JsonObject {
  const off = typed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute", { rbac: {} });
  return Object.fromEntries(certificateFilters(model).map((filter) => [String(filter.name), off]));
}

/** Passes the verified certificate on in the form of RFC 9440, which is the one the load balancer writes. */
export const certificateMutations = ({ tls }: GatewayModel): JsonObject[] =>
  tls.clientValidation === undefined ? [] : [{ append: setHeader("x-gateway-client-cert", `%REQ(${EDGE_HEADERS.certificate})%`) }];

function allows(name: string, principals: readonly JsonObject[]): JsonObject {
  return {
    name,
    typed_config: typed(RBAC, {
      rules: { action: "ALLOW", policies: { declared: { permissions: [{ any: true }], principals } } },
    }),
  };
}

/** The load balancer lists names in base64, separated by commas. */
function nameIn(name: string): JsonObject[] {
  const value = Buffer.from(name).toString("base64").replaceAll("+", "[+]");
  return [EDGE_HEADERS.dnsNames, EDGE_HEADERS.uriNames].map((header) => ({
    header: { name: header, string_match: { safe_regex: { regex: `(.*,)? *${value} *(,.*)?` } } },
  }));
}

const oneOfValues = (header: string, values: readonly string[]): JsonObject => ({
  or_ids: { ids: values.map((exact) => ({ header: { name: header, string_match: { exact } } })) },
});

const base64OfHex = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
