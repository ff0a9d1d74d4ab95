import type { GatewayModel } from "../../../spec/model.ts";
import { REVOCATION_LIST_PATH, ROOT_REVOCATION_LIST_PATH, revocationListUri, rootRevocationListUri } from "../revocation-list.ts";
import { challengeRoutes } from "./acme.ts";
import { localReplies } from "./errors.ts";
import type { Materials } from "./materials.ts";
import { type JsonObject, typed } from "./values.ts";

/** The list as RFC 2585 has it: DER, of a media type of its own. */
const revocationListRoute = (path: string, pem: string): JsonObject => ({
  match: { path },
  direct_response: { status: 200, body: { inline_bytes: pem.replace(/-----.*?-----|\s/g, "") } },
  response_headers_to_add: [
    { header: { key: "content-type", value: "application/pkix-crl" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
  ],
});

type RevocationLists = Pick<Materials, "revocationList" | "rootRevocationList">;

function revocationListRoutes(model: GatewayModel, { revocationList, rootRevocationList }: RevocationLists): JsonObject[] {
  return [
    ...(revocationList === undefined || revocationListUri(model) === undefined
      ? []
      : [revocationListRoute(REVOCATION_LIST_PATH, revocationList)]),
    ...(rootRevocationList === undefined || rootRevocationListUri(model) === undefined
      ? []
      : [revocationListRoute(ROOT_REVOCATION_LIST_PATH, rootRevocationList)]),
  ];
}

/** Plain HTTP: 308 to the same host, path and query on https, for the host name served and no other. */
export function redirectManager(model: GatewayModel, materials: RevocationLists): JsonObject {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      stat_prefix: "redirect",
      use_remote_address: true,
      server_header_transformation: "PASS_THROUGH",
      max_request_headers_kb: 16,
      request_headers_timeout: "5s",
      request_timeout: "10s",
      stream_idle_timeout: "10s",
      delayed_close_timeout: "1s",
      common_http_protocol_options: { idle_timeout: "10s", max_headers_count: 50, headers_with_underscores_action: "DROP_HEADER" },
      route_config: {
        ignore_port_in_host_matching: true,
        virtual_hosts: [
          {
            name: "gateway",
            domains: [model.hostname],
            routes: [
              ...revocationListRoutes(model, materials),
              ...challengeRoutes(model),
              {
                match: { prefix: "/" },
                redirect: { https_redirect: true, port_redirect: model.local.httpsPort, response_code: "PERMANENT_REDIRECT" },
              },
            ],
          },
          { name: "other", domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 421 } }] },
        ],
      },
      local_reply_config: localReplies(model),
      http_filters: [
        { name: "router", typed_config: typed("envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }) },
      ],
    }),
  };
}
