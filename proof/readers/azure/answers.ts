import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import { authoritiesOf, type OpenPolicies } from "./policies.ts";
import type { ApimRequest } from "./policy/context.ts";
import { expressionFaults, formatFaults } from "./policy/format.ts";
import { everything, type Node } from "./policy/nodes.ts";
import { runPolicies } from "./policy/run.ts";
import { observeProblem } from "./shape.ts";

/** Reasons of the platform's own refusals, as its error reference names them, and what a client is told. */
const REFUSALS: readonly (readonly [source: string, reason: string, status: number])[] = [
  ["authorization", "SubscriptionKeyNotFound", 401],
  ["authorization", "SubscriptionKeyInvalid", 401],
  ["ip-filter", "CallerIpNotAllowed", 403],
  ["ip-filter", "CallerIpBlocked", 403],
  ["ip-filter", "FailedToParseCallerIP", 403],
  ["configuration", "OperationNotFound", 404],
  ["rate-limit", "RateLimitExceeded", 429],
  ["quota", "QuotaExceeded", 429],
  ["forward-request", "BackendConnectionFailure", 502],
  ["forward-request", "Timeout", 504],
  ["validate-jwt", "TokenSignatureInvalid", 401],
  ["validate-client-certificate", "Whatever", 403],
  ["limit-concurrency", "Whatever", 503],
  ["set-variable", "ExpressionValueEvaluationFailure", 500],
];

/** A request that may be of no route and no gateway. */
const ANYBODY: ApimRequest = {
  method: "GET",
  path: "/",
  host: "anything.example",
  headers: {},
  address: "192.0.2.1",
  subscription: undefined,
  certificate: undefined,
};

/** Whether all of the policies is understood; what is not, is not run. */
export function observeFormat({ api, service }: OpenPolicies, model: GatewayModel, o: Observations): boolean {
  const roots = [api.api, ...(service ? [service.api] : [])];
  const unset = [...(model.routes.some(({ cors }) => cors) ? [] : ["origin", "credentials"]), ...(limited(model) ? [] : ["retryAfter"])];
  const faults = [
    ...roots.flatMap((root) => formatFaults(root, api.fragments, root === service?.api)),
    ...expressionFaults([...roots, ...Object.values(api.fragments)], unset),
  ];
  o.same("request.framing", "policies", [], faults);
  o.sameSet("request.framing", "fragments", Object.keys(api.fragments), [...new Set(roots.flatMap(includesOf))]);
  return faults.length === 0;
}

/** Answers to what fails before or outside of the policies. */
export function observeAnswers({ api, service }: OpenPolicies, model: GatewayModel, o: Observations): void {
  for (const [source, reason, status] of REFUSALS) {
    const found = runPolicies(api, ANYBODY, { refusal: { source, reason } });
    o.same("errors.problem", `${source} ${reason}`, status, found.status);
    // With a quota the time of the next period is told, without a known plan the next day.
    const retryAfter = reason === "QuotaExceeded" ? Number(found.headers["retry-after"]) : undefined;
    observeProblem(model, found, `${source} ${reason}`, o, { retryAfter });
  }
  if (service)
    for (const refusal of [undefined, { source: "configuration", reason: "OperationNotFound" }]) {
      const found = runPolicies(service, ANYBODY, refusal ? { refusal } : {});
      o.same("host.only", "hostname", 404, found.status);
      observeProblem(model, found, "no gateway's", o);
    }
  for (const node of everything(api.api)) observeValidation(node, model, o);
}

/** True where some limit tells when to come back. */
const limited = ({ rateLimits, routes, plans }: GatewayModel): boolean =>
  rateLimits.length > 0 || routes.some((route) => route.rateLimits.length > 0) || Object.values(plans).some(({ rateLimit }) => rateLimit);

const includesOf = (root: Node): string[] =>
  everything(root).flatMap(({ name, attributes }) => (name === "include-fragment" ? [attributes["fragment-id"] ?? ""] : []));

/** Tokens and certificates are verified by what the document names, all of it and nothing else. */
function observeValidation(node: Node, model: GatewayModel, o: Observations): void {
  if (node.name === "validate-jwt") {
    const texts = (name: string) =>
      everything(node).flatMap((one) => (one.name === name ? [/^@\((".*")\)$/.exec(one.text.trim())?.[1]] : []));
    const [issuer] = texts("issuer").map((text) => text && JSON.parse(text));
    const audiences = texts("audience").map((text) => text && JSON.parse(text));
    // Providers of one issuer are told apart by their audiences.
    const providers = Object.values(model.jwtProviders).filter((one) => one.issuer === issuer);
    const provider = providers.find((one) => one.audiences.some((audience) => audiences.includes(audience))) ?? providers[0];
    o.same(
      "require.jwt",
      "jwt",
      [provider?.issuer],
      texts("issuer").map((text) => text && JSON.parse(text)),
    );
    o.sameSet("require.jwt", "jwt", provider?.audiences ?? [], audiences);
    o.same("require.jwt", "jwt", String(provider?.clockSkewSeconds), node.attributes["clock-skew"]);
  }
  if (node.name === "validate-client-certificate") {
    const identities = everything(node).filter(({ name }) => name === "identity");
    const names = [...new Set(identities.map(({ attributes }) => attributes["dns-name"]))];
    const wanted = names.flatMap((name) => [...authoritiesOf(model)].map((authority) => [name ?? "", authority]));
    const found = identities.map(({ attributes }) => [attributes["dns-name"] ?? "", attributes["issuer-thumbprint"]]);
    o.sameSet("tls.clientValidation.names", "tls.clientValidation", wanted, found);
    o.holds("tls.clientValidation.names", "tls.clientValidation", "the names are the document's", namesAre(model, names));
  }
}

/** Names of the connection, or of some route's alternative. */
function namesAre({ tls, routes }: GatewayModel, names: readonly (string | undefined)[]): boolean {
  const given = names.filter((name) => name !== undefined).sort();
  const sets = [
    tls.clientValidation?.subjectAltNames ?? [],
    ...routes.flatMap(({ requirement }) =>
      requirement.kind === "anyOf" ? requirement.alternatives.map(({ clientCertificate }) => clientCertificate?.subjectAltNames ?? []) : [],
    ),
  ];
  return sets.some((set) => JSON.stringify([...set].sort()) === JSON.stringify(given)) && (given.length > 0 || names.length === 1);
}
