import { either, type Grammar, is, list, nothing, number, object, sequence, text, where } from "../../grammar.ts";
import { extension, message, NAME, namedRegex, regex, steps } from "./values.ts";

/** The unified matching API and RBAC's rules: every field known; what they decide is found out by sending requests through them. */

const headerInput = (name: Grammar): Grammar =>
  extension(NAME, message("type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: name }));

const CIDR = object({ address_prefix: text(/^[0-9a-f.:]+$/i), prefix_len: number(0, 128) });
const fromClient: Grammar = object({
  input: extension(NAME, message("extensions.matching.common_inputs.network.v3.SourceIPInput")),
  custom_match: extension(NAME, message("extensions.matching.input_matchers.ip.v3.Ip", { stat_prefix: NAME, cidr_ranges: list(CIDR) })),
});

const request = (field: string): Grammar => is({ select_expr: { operand: { ident_expr: { name: "request" } }, field } });
/** `size(request.path) > n`, or `request.total_size > n`. */
const tooLarge: Grammar = object({
  input: extension(NAME, message("xds.type.matcher.v3.HttpAttributesCelMatchInput")),
  custom_match: extension(
    is("envoy.matching.matchers.cel_matcher"),
    message("xds.type.matcher.v3.CelMatcher", {
      expr_match: object({
        cel_expr_parsed: object({
          expr: object({
            call_expr: object({
              function: is("_>_"),
              args: sequence(
                either(request("total_size"), object({ call_expr: object({ function: is("size"), args: sequence(request("path")) }) })),
                object({ const_expr: object({ int64_value: number(1, 10_000_000) }) }),
              ),
            }),
          }),
        }),
      }),
    }),
  ),
});

const ofHeader = (name: Grammar, value: Grammar): Grammar => object({ input: headerInput(name), value_match: value });
const headerIs = ofHeader(text(/^[:a-z0-9-]+$/), object({ safe_regex: namedRegex }));
const AUTHORIZATION = is("authorization");

const PREDICATE: Grammar = either(
  object({ single_predicate: either(fromClient, tooLarge, headerIs) }),
  object({ not_matcher: object({ single_predicate: either(fromClient, ofHeader(is(":authority"), object({ safe_regex: namedRegex }))) }) }),
  object({
    and_matcher: object({
      predicate: sequence(
        object({ single_predicate: ofHeader(AUTHORIZATION, object({ safe_regex: namedRegex })) }),
        object({ not_matcher: object({ single_predicate: ofHeader(AUTHORIZATION, object({ safe_regex: namedRegex })) }) }),
      ),
    }),
  }),
);

const decision =
  (word: string): Grammar =>
  (value, at, say) => {
    object({ action: extension(NAME, message("config.rbac.v3.Action", { name: NAME, action: is(word) })) })(value, at, say);
    // The name is what the answer's details say, by which the gateway's own answers are chosen.
    const { name, typed_config: config } = value?.action ?? {};
    if (config?.name !== name) say(at, "one name for an action");
  };

/** Rules that deny what they match, one after the other, and admit the rest. */
export const RBAC_MATCHER: Grammar = object({
  matcher_list: object({ matchers: list(object({ predicate: PREDICATE, on_match: decision("DENY") })) }),
  on_no_match: decision("ALLOW"),
});

/** Only tokens: a header whose value starts with the word, in any spelling. */
export const BEARER_PREDICATE: Grammar = object({
  single_predicate: ofHeader(AUTHORIZATION, is({ prefix: "bearer ", ignore_case: true })),
});

const STRING: Grammar = either(object({ exact: text() }), object({ safe_regex: regex }));
const VALUE: Grammar = (value, at, say) =>
  either(
    object({ string_match: STRING }),
    object({ or_match: object({ value_matchers: list(VALUE, 2) }) }),
    object({ list_match: object({ one_of: VALUE }) }),
    object({ bool_match: where((one) => typeof one === "boolean", "yes or no") }),
    object({ double_match: object({ exact: where((one) => typeof one === "number", "a number") }) }),
  )(value, at, say);

const CERTIFICATE = extension(
  is("envoy.rbac.principals.mtls_authenticated"),
  either(
    message("extensions.rbac.principals.mtls_authenticated.v3.Config", { any_validated_client_certificate: is(true) }),
    message("extensions.rbac.principals.mtls_authenticated.v3.Config", {
      san_matcher: object({ san_type: is("DNS", "URI"), matcher: object({ exact: text() }) }),
    }),
  ),
);

/** Who a rule is about. */
const PRINCIPAL: Grammar = (value, at, say) => {
  const [kind = "nobody"] = Object.keys(value ?? {});
  const several = object({ ids: list(PRINCIPAL, 2) });
  const forms: Readonly<Record<string, Grammar>> = {
    any: is(true),
    not_id: PRINCIPAL,
    and_ids: (all, place, tell) => {
      several(all, place, tell);
      wholeToken(all?.ids, place, tell);
    },
    or_ids: either(several, object({ ids: list(PRINCIPAL, 1, 1) })),
    header: either(object({ name: text(/^x-/), present_match: is(true) }), object({ name: text(/^x-/), string_match: STRING })),
    sourced_metadata: object({
      metadata_source: is("DYNAMIC"),
      metadata_matcher: object({ filter: is("envoy.filters.http.jwt_authn"), path: steps(text(), text()), value: VALUE }),
    }),
    custom: CERTIFICATE,
  };
  object({ [kind]: forms[kind] ?? nothing })(value, at, say);
};

/** Where something of a token is asked for, its issuer, audience and algorithm are asked for with it: Envoy's filter is more lenient with each. */
const wholeToken: Grammar = (ids, at, say) => {
  const paths: string[][] = (Array.isArray(ids) ? ids : []).flatMap((one) => {
    const path = one?.sourced_metadata?.metadata_matcher?.path;
    return Array.isArray(path) ? [path.map(({ key }) => String(key))] : [];
  });
  if (paths.length === 0) return;
  const provider = paths.map(([first = ""]) => first).find((first) => !first.endsWith(":header")) ?? "";
  const spelt = paths.map((path) => path.join("/"));
  for (const wanted of [`${provider}/iss`, `${provider}/aud`, `${provider}:header/alg`])
    if (!spelt.includes(wanted)) say(at, `${wanted} is asked for`);
};

const ANYTHING = is([{ any: true }]);

/** The two refusals of a route, by name in the order they are judged; both deny. */
export const REQUIREMENT: Grammar = object({
  action: is("DENY"),
  policies: object({
    "1-unauthenticated": object({ permissions: ANYTHING, principals: sequence(object({ not_id: PRINCIPAL })) }),
    "2-forbidden": object({ permissions: ANYTHING, principals: sequence(object({ not_id: PRINCIPAL })) }),
  }),
});

/** Everybody is refused: what holds for a route that says nothing. */
export const CLOSED: Grammar = is({
  action: "DENY",
  policies: { "0-undeclared": { permissions: [{ any: true }], principals: [{ any: true }] } },
});

/** Certificates with a declared name or fingerprint pass, nobody else. */
export const DECLARED: Grammar = object({
  action: is("ALLOW"),
  policies: object({ declared: object({ permissions: ANYTHING, principals: list(PRINCIPAL) }) }),
});

/** Matchers of a route's headers. */
export const headerEquals = (name: string, value: Grammar, more: Readonly<Record<string, Grammar>> = {}): Grammar =>
  object({ name: is(name), string_match: value, ...more });
