import type { ControlId } from "../../../../components/backends/controls.ts";
import { FILTERS, IDENTITY } from "../../../../components/backends/local/envoy/filter-names.ts";
import type { Mutation, OpenConfig } from "./config.ts";
import { child, dropItems, eachTree, isTree, listOf, replaceWith, type Tree, without } from "./tree.ts";

/** Who may call: addresses, origins, credentials. */
export const ACCESS = {
  "access.allow": (config) => dropAddresses(config, (matcher) => child(matcher, "predicate", "not_matcher") !== undefined),
  "access.deny": (config) => dropAddresses(config, (matcher) => child(matcher, "predicate", "single_predicate") !== undefined),
  "access.route": ({ perRoute }) => {
    for (const configs of perRoute) without(configs, FILTERS.routeAccess);
  },
  cors: (config) => {
    dropItems(config.routes, isPreflight);
    dropItems(config.routes, (item) => String(child(item, "append", "header")?.key).startsWith("access-control-"));
    config.dropFilter(FILTERS.cors);
  },
  "cors.perRoute": ({ entries, perRoute }) => {
    const [first, ...others] = entries.filter(isPreflight);
    for (const other of others) {
      other.match = { ...child(other, "match"), headers: listOf(child(first, "match"), "headers") };
      other.response_headers_to_add = first?.response_headers_to_add;
    }
    const [policy, ...policies] = perRoute.filter((configs) => FILTERS.cors in configs);
    for (const configs of policies) configs[FILTERS.cors] = policy?.[FILTERS.cors];
  },
  "require.jwt": ({ perRoute }) => {
    for (const configs of perRoute) {
      without(configs, FILTERS.jwt);
      const requirement = child(configs, FILTERS.require);
      if (requirement && JSON.stringify(requirement).includes("sourced_metadata")) requirement.rbac = {};
    }
  },
  // A provider nobody's tokens are from: Envoy refuses one without keys.
  "require.jwt.inlineKeys": (config) => {
    for (const provider of providers(config).filter((candidate) => "local_jwks" in candidate)) provider.issuer = "https://nobody.invalid";
  },
  "require.jwt.privateKeyServer": ({ model, clusters }) => {
    const names = new Set(
      Object.values(model.jwtProviders).flatMap(({ name, keys }) =>
        keys.kind === "remote" && keys.trust.kind !== "public" ? [`jwks-${name}`] : [],
      ),
    );
    for (const cluster of listOf(clusters, "resources").filter(({ name }) => names.has(String(name)))) trustAnything(cluster);
  },
  "require.jwt.algorithms": (config) => allowPrincipals(config, (principal) => metadataPath(principal)[0]?.endsWith(":header") ?? false),
  "require.jwt.scopes": (config) => allowPrincipals(config, (principal) => ["scope", "scp"].includes(metadataPath(principal)[1] ?? "")),
  "require.jwt.claims": (config) =>
    allowPrincipals(config, (principal) => {
      const [provider, claim] = metadataPath(principal);
      return provider !== undefined && !provider.endsWith(":header") && !["iss", "aud", "scope", "scp"].includes(claim ?? "iss");
    }),
  "require.jwt.providers": (config) => {
    for (const requirement of Object.values(child(config.filter(FILTERS.jwt), "requirement_map") ?? {}).filter(isTree)) {
      const [first, ...others] = listOf(child(requirement, "requires_any"), "requirements");
      if (first && !others.some((other) => "allow_missing" in other)) replaceWith(requirement, first);
    }
  },
  "require.jwt.claimToHeaders": (config) => {
    const own: unknown[] = Object.values(IDENTITY);
    for (const provider of providers(config))
      provider.claim_to_headers = listOf(provider, "claim_to_headers").filter(({ header_name }) => own.includes(header_name));
  },
  "require.jwt.forward": (config) => {
    for (const provider of providers(config)) provider.forward = false;
  },
  "require.jwt.strip": (config) => {
    for (const provider of providers(config)) provider.forward = true;
    config.dropFilter(FILTERS.token);
  },
  "require.apiKey": (config) => allowPrincipals(config, (principal) => child(principal, "header")?.name === IDENTITY.consumer),
  "require.apiKey.plans": ({ perRoute }) =>
    eachTree(perRoute, (tree) => {
      const header = child(tree, "header");
      if (header?.name === IDENTITY.consumer && "string_match" in header) tree.header = { name: IDENTITY.consumer, present_match: true };
    }),
  "require.clientCertificate": (config) => allowPrincipals(config, (principal) => isTree(principal.custom)),
  "require.clientCertificate.names": ({ perRoute }) =>
    eachTree(perRoute, (tree) => {
      const custom = child(tree, "custom", "typed_config");
      if (custom === undefined || !("san_matcher" in custom)) return;
      delete custom.san_matcher;
      custom.any_validated_client_certificate = true;
    }),
  "require.any": (config) => {
    const several = config.entriesOf(({ requirement }) => requirement.kind === "anyOf" && requirement.alternatives.length > 1);
    for (const entry of several)
      eachTree(child(entry, "typed_per_filter_config", FILTERS.require), ({ not_id }) => {
        const alternatives = isTree(not_id) ? child(not_id, "or_ids") : undefined;
        if (alternatives) alternatives.ids = listOf(alternatives, "ids").slice(0, 1);
      });
  },
  "require.all": ({ perRoute }) =>
    eachTree(perRoute, (tree) => {
      const together = child(tree, "and_ids");
      if (together && new Set(listOf(together, "ids").map(kindOf)).size > 1) together.ids = listOf(together, "ids").slice(0, 1);
    }),
} as const satisfies Partial<Record<ControlId, Mutation>>;

const isPreflight = ({ name }: Tree): boolean => String(name).endsWith(":preflight");

const providers = (config: OpenConfig): Tree[] => Object.values(child(config.filter(FILTERS.jwt), "providers") ?? {}).filter(isTree);

function dropAddresses(config: OpenConfig, unwanted: (matcher: Tree) => boolean): void {
  const list = child(config.filter(FILTERS.access), "matcher", "matcher_list");
  if (list) list.matchers = listOf(list, "matchers").filter((matcher) => !unwanted(matcher));
  if (list && listOf(list, "matchers").length === 0) config.dropFilter(FILTERS.access);
}

/** Makes principals that hold something against a client hold nothing. */
function allowPrincipals({ perRoute }: OpenConfig, which: (principal: Tree) => boolean): void {
  eachTree(
    perRoute.flatMap((configs) => child(configs, FILTERS.require) ?? []),
    (tree) => {
      if (!("sourced_metadata" in tree || "header" in tree || "custom" in tree) || !which(tree)) return;
      without(tree, "sourced_metadata", "header", "custom");
      tree.any = true;
    },
  );
}

/** Where in a verified token a principal looks. */
const metadataPath = (principal: Tree): string[] =>
  listOf(child(principal, "sourced_metadata", "metadata_matcher"), "path").map(({ key }) => String(key));

const kindOf = (principal: Tree): string => {
  const text = JSON.stringify(principal);
  return text.includes('"custom"') ? "certificate" : text.includes(IDENTITY.consumer) ? "key" : "token";
};

/** TLS to a server whose certificate nobody looks at. */
export function trustAnything(cluster: Tree): void {
  without(child(cluster, "transport_socket", "typed_config", "common_tls_context"), "validation_context", "combined_validation_context");
}
