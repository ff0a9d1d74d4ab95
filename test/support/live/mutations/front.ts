import type { ControlId } from "../../../../components/backends/controls.ts";
import { FILTERS } from "../../../../components/backends/local/envoy/filter-names.ts";
import { listeners } from "../../../../components/backends/local/envoy/listener.ts";
import { MISSHAPEN } from "../../../../components/backends/local/envoy/shape.ts";
import type { Mutation, OpenConfig } from "./config.ts";
import { child, dropItems, eachTree, isTree, listOf, ofType, type Tree, without } from "./tree.ts";

/** TLS, plain HTTP and what a request may look like. */
export const FRONT = {
  "tls.version": ({ frontTls }) => {
    for (const tls of frontTls) without(child(tls, "common_tls_context"), "tls_params");
  },
  "tls.certificate.imported": onlyLeaf,
  "tls.certificate.internal": onlyLeaf,
  "tls.hsts": ({ listeners }) =>
    dropItems(listeners, (item) =>
      [child(item, "append", "header"), child(item, "header")].some((header) => header?.key === "strict-transport-security"),
    ),
  // Names and fingerprints alone make Envoy require a certificate too.
  "tls.clientValidation.required": ({ frontTls }) => {
    for (const tls of frontTls) {
      without(tls, "require_client_certificate");
      without(child(tls, "common_tls_context"), "validation_context");
    }
  },
  "tls.clientValidation.optional": ({ frontTls }) => {
    for (const tls of frontTls) without(child(tls, "common_tls_context"), "validation_context");
  },
  "tls.clientValidation.names": ({ frontTls }) => {
    for (const tls of frontTls) without(child(tls, "common_tls_context", "validation_context"), "match_typed_subject_alt_names");
  },
  "tls.clientValidation.hashes": ({ frontTls }) => {
    for (const tls of frontTls) without(child(tls, "common_tls_context", "validation_context"), "verify_certificate_hash");
  },
  "http.redirect": ({ listeners }) => {
    listeners.resources = listOf(listeners, "resources").filter(({ name }) => name !== "http");
  },
  // Taking a closed port away means opening it.
  "http.refuse": ({ listeners: open, model }) => {
    const rendered = listeners({ ...model, http: "redirect" }, { front: { chain: "", privateKey: "" }, clients: {}, apiKeys: {} }, OPTIONS);
    const plain = (rendered.resources as Tree[]).find(({ name }) => name === "http");
    open.resources = [...listOf(open, "resources"), plain];
  },
  "host.only": (config) => {
    for (const chain of listOf(config.listener("https"), "filter_chains")) without(chain, "filter_chain_match");
    for (const table of ofType(config.routes, "RouteConfiguration")) {
      const [gateway] = listOf(table, "virtual_hosts");
      table.virtual_hosts = [{ ...gateway, domains: ["*"] }];
    }
  },
  "clientIp.trustedHops": ({ manager }) => without(manager, "xff_num_trusted_hops"),
  "request.path": (config) => {
    without(config.manager, "normalize_path", "merge_slashes", "path_with_escaped_slashes_action");
    dropShape(config, MISSHAPEN.path);
  },
  "request.size": (config) => {
    dropShape(config, MISSHAPEN.url, MISSHAPEN.headers);
    config.dropFilter(FILTERS.body);
    config.manager.max_request_headers_kb = 1024;
  },
  "request.framing": ({ manager }) => {
    manager.http_protocol_options = { allow_chunked_length: true, accept_http_10: true };
  },
  "request.headers": ({ manager }) => {
    without(manager, "early_header_mutation_extensions");
    const options = child(manager, "common_http_protocol_options");
    if (options) options.headers_with_underscores_action = "ALLOW";
  },
  "errors.problem": ({ manager }) => without(manager, "local_reply_config"),
  "ddos.standard": ({ bootstrap, manager }) => {
    without(bootstrap, "overload_manager");
    without(manager, "request_headers_timeout", "request_timeout", "stream_idle_timeout");
  },
  "observe.accessLogs": ({ manager }) => without(manager, "access_log"),
  "observe.logHeaders": ({ manager }) => {
    for (const log of ofType(manager.access_log, "FileAccessLog")) without(child(log, "log_format", "json_format"), "headers");
  },
  "observe.metrics": (config) => dropItems(config.listener("admin"), (route) => child(route, "match")?.path === "/metrics"),
  "observe.tracing": ({ manager }) => without(manager, "tracing"),
} as const satisfies Partial<Record<ControlId, Mutation>>;

const OPTIONS = { folder: "", publicRoots: { pem: "" } };

/** Without intermediates clients that know the root only cannot build the chain; a chain of one goes altogether. */
function onlyLeaf(config: OpenConfig): void {
  eachTree(config.frontSecret, (tree) => {
    const chain = tree.certificate_chain;
    if (!isTree(chain) || typeof chain.inline_string !== "string") return;
    const certificates = chain.inline_string.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (certificates.length > 1) chain.inline_string = certificates[0];
    else for (const filters of listOf(config.listener("https"), "filter_chains")) without(filters, "transport_socket");
  });
}

function dropShape(config: OpenConfig, ...names: readonly string[]): void {
  const list = child(config.filter(FILTERS.shape), "matcher", "matcher_list");
  if (list) list.matchers = listOf(list, "matchers").filter((item) => !names.includes(String(child(item, "on_match", "action")?.name)));
}
