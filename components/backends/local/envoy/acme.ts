import type { GatewayModel } from "../../../spec/model.ts";
import { FILES, inFolder } from "./layout.ts";
import { duration, type JsonObject } from "./values.ts";

const CLUSTER = "acme-challenges";

const isAsked = ({ tls, http }: GatewayModel): boolean => tls.certificate.source === "acme" && http === "redirect";

/** HTTP-01 (RFC 8555 section 8.3): the authority asks over plain HTTP for what the gateway's agent knows; it gets that and nothing else. */
export function challengeRoutes(model: GatewayModel): JsonObject[] {
  if (!isAsked(model)) return [];
  return [
    {
      match: {
        safe_regex: { regex: "/\\.well-known/acme-challenge/[A-Za-z0-9_-]{1,128}" },
        headers: [{ name: ":method", string_match: { exact: "GET" } }],
      },
      route: { cluster: CLUSTER, timeout: "5s" },
    },
  ];
}

export function challengeCluster(model: GatewayModel, folder: string): JsonObject[] {
  if (!isAsked(model)) return [];
  const address = { pipe: { path: inFolder(folder, FILES.acmeSocket) } };
  return [
    {
      name: CLUSTER,
      type: "STATIC",
      connect_timeout: duration(1000),
      load_assignment: { cluster_name: CLUSTER, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    },
  ];
}
