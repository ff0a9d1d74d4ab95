import type { GatewayModel, HeaderRules, JwtProvider, Route, RoutePath } from "../../../spec/model.ts";
import { alternativesOf } from "../../../spec/requirement.ts";
import { FORGEABLE_HEADERS } from "../../forgeable-headers.ts";
import { claimAt, claimText } from "./claims.ts";
import { expression, literal, literals, statements, variable } from "./csharp.ts";
import { appendHeader, choose, deleteHeader, fragmentId, includeFragment, setHeader, setOrDeleteHeader, setVariable } from "./elements.ts";
import { type Profiles, targetId } from "./profiles.ts";
import { element, type PolicyNode } from "./xml.ts";

/** What the backend gets to see. */

/** What only API Management itself reads or writes. */
const ITS_OWN = ["x-arr-clientcert", "ocp-apim-subscription-key"];

/** Removes what came from outside and sets what every request carries. */
export const hygieneFragment = (model: GatewayModel): PolicyNode =>
  element("fragment", {}, [
    ...[...FORGEABLE_HEADERS, ...ITS_OWN].filter((name) => name !== "x-forwarded-host").map(deleteHeader),
    setHeader("x-forwarded-for", expression(variable("client"))),
    setHeader("x-forwarded-host", model.hostname),
    setHeader("x-forwarded-proto", "https"),
    setHeader("x-request-id", expression("context.RequestId.ToString()")),
    setHeader("x-gateway-client-ip", expression(variable("client"))),
  ]);

/** What depends on who calls; the document's changes come last, the route's after the gateway's. */
export function requestHeaders(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  return [
    includeFragment(fragmentId(model, "hygiene")),
    ...(model.apiKeys ? [deleteHeader(model.apiKeys.header)] : []),
    ...token(profiles),
    ...identity(model),
    ...claims(model),
    ...rules(model.headers.request),
    ...routeRules(profiles, "request"),
  ];
}

/** The token stays with the gateway unless its provider says otherwise; on routes that want none, the header is the backend's business. */
function token(profiles: Profiles): PolicyNode[] {
  const wanting = profiles.where((route) => alternativesOf(route).some(({ jwt }) => jwt !== undefined));
  if (wanting.length === 0) return [];
  const forwarding = Object.values(profiles.model.jwtProviders).flatMap(({ name, forward }) => (forward ? [name] : []));
  const condition = `Array.IndexOf(${literals(wanting)}, ${variable("profile")}) >= 0`;
  return choose([
    {
      when: expression(
        forwarding.length === 0 ? condition : `${condition} && Array.IndexOf(${literals(forwarding)}, ${variable("verified")}) < 0`,
      ),
      steps: [deleteHeader("authorization")],
    },
  ]);
}

function identity(model: GatewayModel): PolicyNode[] {
  const tokens = Object.keys(model.jwtProviders).length > 0;
  return [
    ...(tokens
      ? [
          setVariable("subject", statements(`var c = (JObject)context.Variables["claims"]; ${headerText(`c["sub"]`)}`)),
          setVariable("issuer", statements(`var c = (JObject)context.Variables["claims"]; ${headerText(`c["iss"]`)}`)),
          setOrDeleteHeader("x-gateway-subject", variable("subject")),
          setOrDeleteHeader("x-gateway-issuer", variable("issuer")),
        ]
      : [deleteHeader("x-gateway-subject"), deleteHeader("x-gateway-issuer")]),
    model.apiKeys ? setOrDeleteHeader("x-gateway-consumer", variable("consumer")) : deleteHeader("x-gateway-consumer"),
    ...(model.tls.clientValidation
      ? [
          setVariable(
            "certificate",
            expression(
              `context.Request.Certificate == null ? "" : ":" + Convert.ToBase64String(context.Request.Certificate.RawData) + ":"`,
            ),
          ),
          setOrDeleteHeader("x-gateway-client-cert", variable("certificate")),
        ]
      : [deleteHeader("x-gateway-client-cert")]),
  ];
}

/** Returns a claim as the text of a header: printable ASCII, or nothing. */
const headerText = (claim: string): string =>
  `var t = ${claim}; var v = t == null ? null : ${claimText("t")}; return v == null || Regex.IsMatch(v, ${literal("[^ -~]")}) ? "" : v;`;

/** Claims as headers, of the provider that verified the token and of no other. */
function claims(model: GatewayModel): PolicyNode[] {
  const providers = Object.values(model.jwtProviders);
  const headers = [...new Set(providers.flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders)))].sort();
  return headers.flatMap((name, index) => {
    const arms = providers.flatMap((provider) => claimArm(provider, name));
    return [
      setVariable(
        `claim${index}`,
        statements(
          `var c = (JObject)context.Variables["claims"]; JToken x = null;`,
          `switch (${variable("verified")}) { ${arms.join(" ")} default: break; }`,
          headerText("x"),
        ),
      ),
      setOrDeleteHeader(name, variable(`claim${index}`)),
    ];
  });
}

function claimArm({ name, claimToHeaders }: JwtProvider, header: string): string[] {
  const claim = claimToHeaders[header];
  return claim === undefined ? [] : [`case ${literal(name)}: x = ${claimAt(claim, "c")}; break;`];
}

/** Removals, then what is set, then what is added. */
export const rules = ({ set, add, remove }: HeaderRules): PolicyNode[] => [
  ...remove.map(deleteHeader),
  ...Object.entries(set).map(([name, value]) => setHeader(name, expression(literal(value)))),
  ...Object.entries(add).map(([name, value]) => appendHeader(name, expression(literal(value)))),
];

/** Changes of single routes; routes with equal changes share a branch. */
export function routeRules(profiles: Profiles, direction: "request" | "response"): PolicyNode[] {
  const byId = new Map(profiles.representatives());
  return choose(
    profiles
      .arms(({ headers }) => JSON.stringify(headers[direction]))
      .map(({ cases }) => ({
        when: expression(`Array.IndexOf(${literals(cases)}, ${variable("profile")}) >= 0`),
        steps: rules((byId.get(cases[0] as string) as Route).headers[direction]),
      })),
  );
}

/** The path sent to the backend: the one that was judged, or its rewritten form. The query is passed on as it came. */
export function rewriting(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  const path = model.routes.some(({ rewrite }) => rewrite !== undefined)
    ? statements(
        `var p = ${variable("path")}; var s = p.Split('/');`,
        profiles.select(({ path: from, rewrite }) => (rewrite ? rewritten(from, rewrite) : "p"), "p"),
      )
    : expression(variable("path"));
  return [element("rewrite-uri", { template: path, "copy-unmatched-params": "true" })];
}

/** The target's path as C#: literals, and parameters by their place in the request's path; a prefix takes the rest along. */
function rewritten(from: RoutePath, to: RoutePath): string {
  const place = (parameter: string) => from.segments.findIndex((segment) => "parameter" in segment && segment.parameter === parameter) + 1;
  const parts = to.segments.map((segment) =>
    "literal" in segment ? literal(`/${segment.literal}`) : `"/" + s[${place(segment.parameter)}]`,
  );
  const rest = to.kind === "prefix" ? [`"/" + string.Join("/", s.Skip(${from.segments.length + 1}))`] : [];
  const slash = to.kind !== "prefix" && (to.trailingSlash || to.segments.length === 0) ? [`"/"`] : [];
  return [...parts, ...rest, ...slash].join(" + ");
}

/** Which backend, or pool of backends, the request goes to. */
export function backendService(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  const targets = [...new Set(model.routes.map((route) => targetId(model, route)))];
  const [only, ...others] = targets;
  const target = others.length === 0 ? literal(only as string) : undefined;
  return [
    setVariable(
      "target",
      target === undefined ? statements(profiles.select((route) => literal(targetId(model, route)), `""`)) : expression(target),
    ),
    element("set-backend-service", { "backend-id": expression(variable("target")) }),
  ];
}
