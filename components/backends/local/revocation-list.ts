import type { GatewayModel } from "../../spec/model.ts";

/** Path of the authority's revocation list on the port of plain HTTP: its signature is its protection. */
export const REVOCATION_LIST_PATH = "/.well-known/gateway-authority.crl";

/** Path of the root's list where an intermediate signs. */
export const ROOT_REVOCATION_LIST_PATH = "/.well-known/gateway-root.crl";

/** Where clients find the revocation list; undefined when plain HTTP is closed or the front certificate is not of the gateway's own authority. */
export const revocationListUri = (model: GatewayModel): string | undefined => uriOf(model, REVOCATION_LIST_PATH);

/** Where they find the root's, which the intermediate names; undefined also without an intermediate. */
export const rootRevocationListUri = (model: GatewayModel): string | undefined =>
  model.internal?.authority.intermediate === undefined ? undefined : uriOf(model, ROOT_REVOCATION_LIST_PATH);

function uriOf({ hostname, http, local, tls }: GatewayModel, path: string): string | undefined {
  if (http !== "redirect" || tls.certificate.source !== "internal") return undefined;
  return `http://${hostname}${local.httpPort === 80 ? "" : `:${local.httpPort}`}${path}`;
}
