import { rootCertificates } from "node:tls";
import type { ControlId } from "../../../../components/backends/controls.ts";
import { discoveryOf } from "../../../../components/backends/local/envoy/endpoints.ts";
import type { Backend } from "../../../../components/spec/model.ts";
import { trustAnything } from "./access.ts";
import type { Mutation } from "./config.ts";
import { child, eachTree, type Tree, without } from "./tree.ts";

/** How the gateway talks to backends. */
export const BACKENDS = {
  "backend.tls.public": trusting("public"),
  "backend.tls.internal": trusting("internal"),
  "backend.tls.ca": trusting("ca"),
  "backend.tls.pinned": trusting("pinned"),
  // Taking away that nobody looks means that somebody does.
  "backend.tls.unverified": (config) => {
    for (const cluster of config.backends(({ tls }) => tls.trust.kind === "unverified"))
      Object.assign(tlsOf(cluster) ?? {}, { validation_context: { trusted_ca: { inline_string: rootCertificates[0] } } });
  },
  "backend.tls.serverName": (config) => {
    for (const cluster of config.backends(({ tls, host }) => tls.serverName !== host)) {
      without(child(cluster, "transport_socket", "typed_config"), "sni");
      eachTree(cluster, (tree) => without(tree, "match_typed_subject_alt_names"));
    }
  },
  "backend.clientCertificate.internal": showing(({ tls }) => tls.clientCertificate === "internal"),
  "backend.clientCertificate.imported": showing(({ tls }) => typeof tls.clientCertificate !== "string"),
  "backend.private": byName("private"),
  "backend.onPremises": byName("onPremises"),
  "backend.preserveHost": ({ entries, model }) => {
    const keeping = new Map(
      Object.values(model.backends)
        .filter(({ preserveHost }) => preserveHost)
        .map(({ name, host }) => [`backend-${name}`, host]),
    );
    eachTree(entries, (tree) => {
      const host = keeping.get(String(tree.cluster ?? ("weight" in tree ? tree.name : undefined)));
      if (host !== undefined) tree.host_rewrite_literal = host;
    });
  },
  "backend.retries": ({ entries }) => {
    for (const entry of entries) without(child(entry, "route"), "retry_policy");
  },
  "backend.circuitBreaker": (config) => {
    for (const cluster of config.backends(({ circuitBreaker }) => circuitBreaker !== undefined))
      without(cluster, "outlier_detection", "circuit_breakers");
  },
  "backend.healthCheck": (config) => {
    for (const cluster of config.backends(() => true)) without(cluster, "health_checks");
  },
} as const satisfies Partial<Record<ControlId, Mutation>>;

const tlsOf = (cluster: Tree): Tree | undefined => child(cluster, "transport_socket", "typed_config", "common_tls_context");

function trusting(kind: Backend["tls"]["trust"]["kind"]): Mutation {
  return (config) => {
    for (const cluster of config.backends(({ tls }) => tls.trust.kind === kind)) trustAnything(cluster);
  };
}

function showing(which: (backend: Backend) => boolean): Mutation {
  return (config) => {
    for (const cluster of config.backends(which)) without(tlsOf(cluster), "tls_certificate_sds_secret_configs");
  };
}

/** Looked up by its public name instead of the addresses given. */
function byName(type: Backend["network"]["type"]): Mutation {
  return (config) => {
    for (const backend of Object.values(config.model.backends).filter(({ network }) => network.type === type)) {
      for (const cluster of config.backends(({ name }) => name === backend.name)) {
        without(cluster, "type");
        Object.assign(cluster, discoveryOf([backend.host]));
        eachTree(cluster.load_assignment, (tree) => {
          if ("port_value" in tree) tree.address = backend.host;
        });
      }
    }
  };
}
