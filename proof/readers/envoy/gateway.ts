import type { ControlId } from "../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { expectedOutcome, type Probe, type ProbeRequest } from "../../requests.ts";
import type { Observations, Outcome } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { type Context, headerMatches, refusal, whole } from "./rbac.ts";

/** An Envoy configuration opened: what a request meets, in order. */
export interface EnvoyGateway {
  /** The HTTP connection manager that serves the host name. */
  readonly manager: Json;
  readonly filters: readonly Json[];
  readonly virtualHost: Json;
  readonly routeConfiguration: Json;
  readonly clusters: Readonly<Record<string, Json>>;
  /** Who a key belongs to, as the configuration has it; undefined where keys are verified in front of Envoy. */
  readonly consumerOf: (key: string) => string | undefined;
  /** The key a plan in the open gives a consumer. */
  readonly keyOf: (consumer: string) => string;
  /** Headers that what stands in front of Envoy writes about a request. */
  readonly headersFor?: (request: ProbeRequest) => Readonly<Record<string, string>>;
}

export const filterOf = ({ filters }: EnvoyGateway, name: string): Json => filters.find((one) => one.name === name)?.typed_config;

const typeOf = (config: Json): string => String(config?.["@type"]).split(".").at(-1) ?? "";

/** Sends every probe through the configuration. */
export function observeRequests(gateway: EnvoyGateway, model: GatewayModel, probes: readonly Probe[], observations: Observations): void {
  for (const { control, path, what, request, expected } of [...probes, ...tokenProbes(model, probes)])
    observations.request(control, path, expected, decide(gateway, model, request), what);
}

/** A claim of an object, by its name with dots. */
function nested(name: string, value: unknown): Record<string, unknown> {
  const [first = "", ...rest] = name.split(".");
  return { [first]: rest.length === 0 ? value : nested(rest.join("."), value) };
}

/**
 * Forms of tokens that mean the same or less: every audience alone and in a list, scopes in `scp`, and a token that never ends. They are made
 * of probes whose token is accepted.
 */
export function tokenProbes(model: GatewayModel, probes: readonly Probe[]): Probe[] {
  return probes.flatMap((probe) => {
    const { token } = probe.request;
    if (token === undefined || probe.expected !== "forwarded") return [];
    const also = (what: string, control: ControlId, changes: Record<string, unknown>): Probe => {
      const request = { ...probe.request, token: { ...token, claims: { ...token.claims, ...changes } } };
      return { ...probe, control, what: `${probe.what}, ${what}`, request, expected: expectedOutcome(model, request) };
    };
    const { audiences = [], algorithms = [] } = model.jwtProviders[token.provider] ?? {};
    const { scope } = token.claims;
    const alternatives = model.routes.flatMap(({ requirement }) => (requirement.kind === "public" ? [] : requirement.alternatives));
    const claims = alternatives
      .flatMap(({ jwt }) => Object.entries(jwt?.claims ?? {}))
      .filter(([name]) => (name.split(".")[0] as string) in token.claims);
    return [
      ...audiences.map((aud) => also(`for ${aud}`, "require.jwt", { aud })),
      ...audiences.map((aud) => also(`for ${aud} and others`, "require.jwt", { aud: ["somebody-else", aud] })),
      also("for others", "require.jwt", { aud: ["somebody-else", "nobody"] }),
      also("without an end", "require.jwt", { exp: undefined }),
      ...algorithms.map((algorithm) => {
        const request = { ...probe.request, token: { ...token, algorithm } };
        return { ...probe, what: `${probe.what}, signed by ${algorithm}`, request, expected: expectedOutcome(model, request) };
      }),
      ...claims.flatMap(([name, values]) =>
        values.flatMap((value) => {
          const alone = also(`${name} ${value}`, "require.jwt.claims", nested(name, value));
          const alike = (found: unknown, what: string) => ({
            ...also(`${name} ${what} ${value}`, "require.jwt.claims", nested(name, found)),
            expected: alone.expected,
          });
          const meant = value === "true" || value === "false" ? value === "true" : String(Number(value)) === value ? Number(value) : value;
          return [alone, alike(["other", value], "a list with"), ...(meant === value ? [] : [alike(meant, "not a text but")])];
        }),
      ),
      ...(typeof scope === "string"
        ? [
            {
              ...also("with scopes in a list", "require.jwt.scopes", { scope: undefined, scp: scope.split(" ") }),
              expected: probe.expected,
            },
          ]
        : []),
    ];
  });
}

/** What becomes of a request. */
export function decide(gateway: EnvoyGateway, model: GatewayModel, request: ProbeRequest): Outcome {
  const headers: Record<string, string> = {
    ":path": request.path,
    ":method": request.method,
    ":authority": model.hostname,
    ...gateway.headersFor?.(request),
  };
  const route = routeOf(gateway, headers);
  if (route === undefined) return 404;
  let context: Context = { request: { ...request, token: undefined }, headers };
  for (const { name, typed_config, disabled } of gateway.filters) {
    const own = route.typed_per_filter_config?.[name] ?? gateway.virtualHost.typed_per_filter_config?.[name];
    if (own ? own.disabled === true : disabled === true) continue;
    const type = typeOf(typed_config);
    if (type === "RBAC") {
      const policy = refusal(own ? (own.rbac ?? {}) : typed_config, context);
      if (policy !== undefined) return statusOf(policy);
    } else if (type === "JwtAuthentication") {
      const token = verifyToken(typed_config, own, request);
      if (token === "refused") return 401;
      context = { ...context, request: { ...context.request, token } };
    } else if (name === "gateway.api-keys" && request.consumer !== undefined) {
      const consumer = gateway.consumerOf(gateway.keyOf(request.consumer));
      if (consumer !== undefined) context = { ...context, headers: { ...context.headers, "x-gateway-consumer": consumer } };
    }
  }
  if (route.direct_response) return Number(route.direct_response.status);
  if (route.redirect) return 308;
  return route.route ? "forwarded" : 500;
}

/** Envoy says 403; what is mapped to 401 is read with the other answers, `observeReplies`. */
const statusOf = (policy: string): number => (policy === "1-unauthenticated" ? 401 : 403);

/** The token, if its provider and the route's requirement accept it; "refused" ends the request. */
function verifyToken(config: Json, own: Json, { token }: ProbeRequest): ProbeRequest["token"] | "refused" {
  const name = own?.requirement_name;
  if (name === undefined) return undefined;
  const requirement = config.requirement_map?.[name];
  if (requirement === undefined) return "refused";
  const options: Json[] = requirement.requires_any?.requirements ?? [requirement];
  if (token === undefined)
    return options.some(({ allow_missing, allow_missing_or_failed }) => allow_missing ?? allow_missing_or_failed) ? undefined : "refused";
  for (const { provider_name } of options) {
    const provider = config.providers[provider_name];
    // Only the provider's own keys verify the signature.
    if (provider === undefined || provider_name !== token.provider) continue;
    const { claims } = token;
    if (provider.issuer !== undefined && claims.iss !== provider.issuer) continue;
    if (provider.audiences?.length > 0 && ![claims.aud].flat().some((one) => provider.audiences.includes(one))) continue;
    if (provider.require_expiration && claims.exp === undefined) continue;
    if (provider.payload_in_metadata !== provider_name) return undefined;
    return token;
  }
  return options.some(({ allow_missing_or_failed }) => allow_missing_or_failed) ? undefined : "refused";
}

/** The route entry of a request: first the table by the path's start, then the list. */
export function routeOf({ virtualHost }: EnvoyGateway, headers: Readonly<Record<string, string>>): Json {
  return listed(virtualHost.matcher, headers)?.find((entry: Json) => entryMatches(entry, headers));
}

function listed(matcher: Json, headers: Readonly<Record<string, string>>): Json[] | undefined {
  const tree = matcher?.matcher_tree;
  if (tree === undefined) return undefined;
  const path = headers[tree.input.typed_config.header_name] ?? "";
  const starts = Object.keys(tree.prefix_match_map.map).filter((start) => path.startsWith(start));
  const longest = starts.sort((a, b) => b.length - a.length)[0];
  const found = longest === undefined ? matcher.on_no_match : tree.prefix_match_map.map[longest];
  return found?.action.typed_config.routes;
}

function entryMatches({ match }: Json, headers: Readonly<Record<string, string>>): boolean {
  const path = headers[":path"] ?? "";
  const here =
    match.path !== undefined
      ? match.path === path
      : match.prefix !== undefined
        ? path.startsWith(match.prefix)
        : match.safe_regex
          ? whole(match.safe_regex.regex).test(path)
          : match.path_separated_prefix !== undefined
            ? path === match.path_separated_prefix || path.startsWith(`${match.path_separated_prefix}/`)
            : false;
  return here && ((match.headers ?? []) as Json[]).every((one) => headerMatches(one, headers));
}

/** The blocks an address filter denies and allows. */
export function addressLists(matcher: Json): { readonly deny: string[]; readonly allow: string[] } {
  const blocks = (custom: Json): string[] =>
    (custom?.typed_config?.cidr_ranges ?? []).map((one: Json) => `${one.address_prefix}/${one.prefix_len}`);
  const lists = { deny: [] as string[], allow: [] as string[] };
  for (const { predicate } of (matcher?.matcher_list?.matchers ?? []) as Json[]) {
    if (predicate.single_predicate) lists.deny.push(...blocks(predicate.single_predicate.custom_match));
    if (predicate.not_matcher) lists.allow.push(...blocks(predicate.not_matcher.single_predicate?.custom_match));
  }
  return lists;
}

/** The gateway's and the routes' address lists, block by block: probes come from IPv4 addresses only. */
export function observeAddresses(gateway: EnvoyGateway, model: GatewayModel, observations: Observations): void {
  const own = addressLists(filterOf(gateway, "gateway.access")?.matcher);
  observations.sameSet("access.deny", "access.denyCidrs", model.access.denyCidrs, own.deny);
  observations.sameSet("access.allow", "access.allowCidrs", model.access.allowCidrs, own.allow);
  for (const { name, at, access } of model.routes)
    for (const entry of entriesOf(gateway).filter((one) => one.name === name || one.name === `${name}:preflight`)) {
      const lists = addressLists(entry.typed_per_filter_config?.["gateway.route-access"]?.rbac?.matcher);
      observations.sameSet("access.route", `${at}.access.denyCidrs`, access.denyCidrs, lists.deny);
      observations.sameSet("access.route", `${at}.access.allowCidrs`, access.allowCidrs, lists.allow);
    }
}

/** Every entry of the route table. */
export function entriesOf({ virtualHost }: EnvoyGateway): Json[] {
  const tree = virtualHost.matcher?.matcher_tree?.prefix_match_map?.map ?? {};
  const lists = [...Object.values(tree as Json), virtualHost.matcher?.on_no_match].map(
    (found) => found?.action?.typed_config?.routes ?? [],
  );
  return lists.flat();
}
