import type { GatewayModel } from "../../spec/model.ts";

/** Path of the authority's revocation list on the port of plain HTTP: its signature is its protection. */
export const REVOCATION_LIST_PATH = "/.well-known/gateway-authority.crl";

/** Where clients find the revocation list; undefined when plain HTTP is closed or the front certificate is not of the gateway's own authority. */
export function revocationListUri({ hostname, http, local, tls }: GatewayModel): string | undefined {
  if (http !== "redirect" || tls.certificate.source !== "internal") return undefined;
  return `http://${hostname}${local.httpPort === 80 ? "" : `:${local.httpPort}`}${REVOCATION_LIST_PATH}`;
}
