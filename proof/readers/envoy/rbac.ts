import { createHash } from "node:crypto";
import { within } from "../../addresses.ts";
import { claimOf, type ProbeRequest } from "../../requests.ts";
import type { Json } from "../json.ts";

/** What RBAC rules look at: a request, and what the filters before found out about it. */
export interface Context {
  readonly request: ProbeRequest;
  /** Headers by lower-case name, pseudo headers too. */
  readonly headers: Readonly<Record<string, string>>;
}

const JWT = "envoy.filters.http.jwt_authn";

/** Judges one RBAC filter's rules or matcher; absent rules admit everything. @throws Error for a rule this reader does not know. */
export const admits = (rbac: Json, context: Context): boolean => refusal(rbac, context) === undefined;

/**
 * Who refuses a request: the policy that matched, by whose name the answer's status is chosen, or a word for none. Policies are judged in the order of
 * their names. @returns undefined when the request is admitted @throws Error for a rule this reader does not know
 */
export function refusal(rbac: Json, context: Context): string | undefined {
  if (rbac.matcher) return action(rbac.matcher, context) === "ALLOW" ? undefined : "matcher";
  const { rules } = rbac;
  if (rules === undefined) return undefined;
  const policies = Object.entries(rules.policies as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : 1));
  const matched = policies.find(
    ([, { permissions, principals }]) =>
      (permissions as Json[]).some((one) => permission(one)) && (principals as Json[]).some((one) => principal(one, context)),
  )?.[0];
  if (rules.action === "ALLOW") return matched === undefined ? "nobody" : undefined;
  if (rules.action === "DENY") return matched;
  throw new Error(`RBAC action ${rules.action}`);
}

function permission(rule: Json): boolean {
  if (rule.any === true) return true;
  throw new Error(`permission ${JSON.stringify(rule)}`);
}

function principal(rule: Json, context: Context): boolean {
  const [[kind, value] = ["", undefined], ...more] = Object.entries(rule as Record<string, Json>);
  if (more.length > 0) throw new Error(`principal ${JSON.stringify(rule)}`);
  switch (kind) {
    case "any":
      return value === true;
    case "not_id":
      return !principal(value, context);
    case "and_ids":
      return (value.ids as Json[]).every((one) => principal(one, context));
    case "or_ids":
      return (value.ids as Json[]).some((one) => principal(one, context));
    case "header":
      return headerMatches(value, context.headers);
    case "sourced_metadata":
      if (value.metadata_source !== "DYNAMIC") throw new Error(`metadata of ${value.metadata_source}`);
      return metadata(value.metadata_matcher, context);
    case "custom":
      return certificate(value.typed_config, context);
    default:
      throw new Error(`principal ${kind}`);
  }
}

function certificate(config: Json, { request: { certificate: names } }: Context): boolean {
  if (!String(config["@type"]).endsWith("rbac.principals.mtls_authenticated.v3.Config")) throw new Error(`principal ${config["@type"]}`);
  if (names === undefined) return false;
  if (config.any_validated_client_certificate === true) return true;
  const { san_type, matcher } = config.san_matcher as Json;
  return names.some((name) => (san_type === "URI") === name.includes("://") && text(matcher, name));
}

/** Payload and header of a verified token, as the token filter leaves them for others. */
function metadata({ filter, path, value }: Json, { request: { token } }: Context): boolean {
  if (filter !== JWT || token === undefined) return false;
  const [first = "", ...rest] = (path as Json[]).map(({ key }) => String(key));
  const found =
    first === token.provider
      ? claimOf({ ...token, claims: normalised(token.claims) }, rest.join("."))
      : first === `${token.provider}:header`
        ? ({ alg: token.algorithm } as Record<string, unknown>)[rest.join(".")]
        : undefined;
  return valueMatches(value, found);
}

/** The filter splits `scope`. */
const normalised = (claims: Readonly<Record<string, unknown>>) => ({
  ...claims,
  ...(typeof claims.scope === "string" ? { scope: claims.scope.split(" ") } : {}),
});

function valueMatches(matcher: Json, value: unknown): boolean {
  if (matcher.string_match) return typeof value === "string" && text(matcher.string_match, value);
  if (matcher.or_match) return (matcher.or_match.value_matchers as Json[]).some((one) => valueMatches(one, value));
  if (matcher.list_match) return Array.isArray(value) && value.some((one) => valueMatches(matcher.list_match.one_of, one));
  if (matcher.bool_match !== undefined) return value === matcher.bool_match;
  if (matcher.double_match) return value === matcher.double_match.exact;
  throw new Error(`value matcher ${JSON.stringify(matcher)}`);
}

export function headerMatches(matcher: Json, headers: Readonly<Record<string, string>>): boolean {
  const value = headers[String(matcher.name).toLowerCase()] ?? (matcher.treat_missing_header_as_empty ? "" : undefined);
  const result =
    matcher.present_match !== undefined
      ? (value !== undefined) === matcher.present_match
      : matcher.string_match
        ? value !== undefined && text(matcher.string_match, value)
        : value !== undefined;
  return matcher.invert_match ? !result : result;
}

/** Envoy's string matcher; regular expressions match the whole text. */
export function text(matcher: Json, value: string): boolean {
  const [own, subject] = matcher.ignore_case ? [lower(matcher), value.toLowerCase()] : [matcher, value];
  if (own.exact !== undefined) return subject === own.exact;
  if (own.prefix !== undefined) return subject.startsWith(own.prefix);
  if (own.suffix !== undefined) return subject.endsWith(own.suffix);
  if (own.contains !== undefined) return subject.includes(own.contains);
  if (own.safe_regex) return whole(own.safe_regex.regex).test(subject);
  throw new Error(`string matcher ${JSON.stringify(matcher)}`);
}

const lower = (matcher: Json): Json =>
  Object.fromEntries(Object.entries(matcher).map(([key, value]) => [key, typeof value === "string" ? value.toLowerCase() : value]));

const compiled = new Map<string, RegExp>();

/** RE2 with its inline flags as JavaScript takes them. */
export function whole(regex: string): RegExp {
  const known = compiled.get(regex);
  if (known) return known;
  const [, flags = "", rest = regex] = /^\(\?([a-z]+)\)(.*)$/s.exec(regex) ?? [];
  const made = new RegExp(`^(?:${rest})$`, `u${flags}`.replace(/[^uis]/g, ""));
  if (compiled.size > 10_000) compiled.clear();
  compiled.set(regex, made);
  return made;
}

/** What a matcher of the unified matching API decides. */
export function action(matcher: Json, context: Context): string {
  for (const { predicate, on_match } of (matcher.matcher_list?.matchers ?? []) as Json[])
    if (holds(predicate, context)) return actionOf(on_match);
  if (matcher.on_no_match === undefined) return "NONE";
  return actionOf(matcher.on_no_match);
}

function actionOf({ action: { typed_config } }: Json): string {
  if (!String(typed_config["@type"]).endsWith("rbac.v3.Action")) throw new Error(`action ${typed_config["@type"]}`);
  return String(typed_config.action ?? "ALLOW");
}

function holds(predicate: Json, context: Context): boolean {
  if (predicate.not_matcher) return !holds(predicate.not_matcher, context);
  if (predicate.and_matcher) return (predicate.and_matcher.predicate as Json[]).every((one) => holds(one, context));
  if (predicate.or_matcher) return (predicate.or_matcher.predicate as Json[]).some((one) => holds(one, context));
  const { input, value_match, custom_match } = predicate.single_predicate as Json;
  const type = String(input.typed_config["@type"]);
  if (type.endsWith("network.v3.SourceIPInput")) return inBlocks(custom_match.typed_config, context.request.address);
  if (type.endsWith("HttpRequestHeaderMatchInput")) {
    const value = context.headers[input.typed_config.header_name];
    return value !== undefined && text(value_match, value);
  }
  if (type.endsWith("HttpAttributesCelMatchInput")) return larger(custom_match.typed_config, context.headers);
  throw new Error(`input ${type}`);
}

function inBlocks({ cidr_ranges }: Json, address: string): boolean {
  return (cidr_ranges as Json[]).some(({ address_prefix, prefix_len }) => within(address, `${address_prefix}/${prefix_len}`));
}

/** `size(request.path) > n` and `request.total_size > n`. */
function larger(matcher: Json, headers: Readonly<Record<string, string>>): boolean {
  const { function: name, args } = matcher.expr_match.cel_expr_parsed.expr.call_expr as Json;
  const limit = Number(args[1].const_expr.int64_value);
  if (name !== "_>_") throw new Error(`CEL ${name}`);
  if (args[0].select_expr?.field === "total_size")
    return Object.entries(headers).reduce((sum, [key, value]) => sum + key.length + value.length, 0) > limit;
  const { call_expr } = args[0] as Json;
  if (call_expr?.function === "size" && call_expr.args[0].select_expr.field === "path") return (headers[":path"] ?? "").length > limit;
  throw new Error(`CEL ${JSON.stringify(args[0])}`);
}

export const sha256 = (value: string): string => createHash("sha256").update(value).digest("hex");
