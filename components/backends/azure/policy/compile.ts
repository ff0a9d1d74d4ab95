import type { GatewayModel } from "../../../spec/model.ts";
import { answerFragment, challengeExpression, hsts, onError, outbound, problemFragment, refuse, refuseIfProblem } from "./answers.ts";
import {
  clientExpression,
  clientKeyExpression,
  gatewayAccessExpression,
  hopsOf,
  ipFilters,
  routeAccessExpression,
} from "./client-address.ts";
import { connectionCertificate, routeCertificate } from "./client-certificate.ts";
import { credentialsExpression, originExpression, preflight, usesCors, usesCredentials } from "./cors.ts";
import { type Expression, expression, variable } from "./csharp.ts";
import { choose, FRAGMENTS, type FragmentName, fragmentId, includeFragment, setVariable } from "./elements.ts";
import { forward, forwardVariables } from "./forward.ts";
import { consumerExpression, finalGrantExpression, firstGrantExpression, planExpression } from "./grant.ts";
import { limits } from "./limits.ts";
import { locked } from "./origin.ts";
import { plainHttp } from "./plain-http.ts";
import { Profiles } from "./profiles.ts";
import { checkPolicy } from "./reference.ts";
import { backendService, hygieneFragment, requestHeaders, rewriting } from "./request.ts";
import {
  allowExpression,
  entryExpression,
  matchesExpression,
  missingExpression,
  profileExpression,
  routeExpression,
} from "./route-table.ts";
import { bodyExpression, pathExpression, shapeExpression } from "./shape.ts";
import { tokenVariable, verification } from "./token.ts";
import { element, type PolicyNode, serialize } from "./xml.ts";

/** The policy documents of a gateway, as canonical XML. */
export interface CompiledPolicies {
  /** Policy of the API: the whole judgement. It does not include the policies of wider scopes. */
  readonly api: string;
  /** Policy of the whole service: refuses what belongs to no gateway, such as the sample API of a new service. */
  readonly service: string;
  /** Parts the two include. */
  readonly fragments: Readonly<Record<FragmentName, string>>;
}

const compiled = new WeakMap<GatewayModel, CompiledPolicies>();

/**
 * Compiles a model that the declaration has found enforceable. The order is that of docs/semantics.md: connection, shape, client address,
 * preflight, route, requirements, limits, backend.
 */
export function compilePolicies(model: GatewayModel): CompiledPolicies {
  const known = compiled.get(model);
  if (known) return known;
  const profiles = new Profiles(model);
  const api = policies(inbound(profiles), forward(profiles), outbound(profiles), onError(profiles));
  const service = policies(refuse(model)("404"), element("forward-request"), [], refuse(model)("404"));
  const fragments: Record<FragmentName, PolicyNode> = {
    intake: intake(model),
    hygiene: hygieneFragment(model),
    answer: answerFragment(model),
    problem: problemFragment(model),
  };
  for (const document of [api, service, ...Object.values(fragments)]) checkPolicy(document);
  const result: CompiledPolicies = {
    api: serialize(api),
    service: serialize(service),
    fragments: Object.fromEntries(FRAGMENTS.map((name) => [name, serialize(fragments[name])])) as Record<FragmentName, string>,
  };
  compiled.set(model, result);
  return result;
}

const policies = (
  inboundNodes: readonly PolicyNode[],
  backend: PolicyNode,
  outboundNodes: readonly PolicyNode[],
  errorNodes: readonly PolicyNode[],
): PolicyNode =>
  element("policies", {}, [
    element("inbound", {}, inboundNodes),
    element("backend", {}, [backend]),
    element("outbound", {}, outboundNodes),
    element("on-error", {}, errorNodes),
  ]);

function inbound(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  return [
    ...connection(profiles),
    ...shapeAndAddress(model),
    ...routing(profiles),
    ...requirements(profiles),
    ...limits(profiles),
    ...requestHeaders(profiles),
    ...backendService(profiles),
    ...rewriting(profiles),
    ...forwardVariables(profiles),
  ];
}

/** 1. Plain HTTP, the way the request came, the client's certificate. */
const connection = ({ model }: Profiles): PolicyNode[] => [
  ...plainHttp(model, refuse(model)),
  ...locked(model, refuse(model)),
  ...connectionCertificate(model, refuse(model)),
];

/** The client's address and what is wrong with the request's shape. */
const intake = (model: GatewayModel): PolicyNode =>
  element("fragment", {}, [
    setVariable("client", clientExpression(hopsOf(model))),
    ...(countsAddresses(model) ? [setVariable("clientKey", clientKeyExpression())] : []),
    setVariable("path", pathExpression()),
    setVariable("problem", shapeExpression(model)),
  ]);

/** Only limits for each address ask what it is counted by. */
const countsAddresses = ({ rateLimits, routes }: GatewayModel): boolean =>
  [...rateLimits, ...routes.flatMap((route) => route.rateLimits)].some(({ key }) => key.kind === "clientIp");

/** 2. and 3. Shape, and the client's address. */
function shapeAndAddress(model: GatewayModel): PolicyNode[] {
  const access = gatewayAccessExpression(model);
  return [
    includeFragment(fragmentId(model, "intake")),
    ...refuseIfProblem(model),
    ...ipFilters(model),
    ...(access ? [setVariable("problem", access), ...refuseIfProblem(model)] : []),
  ];
}

/** 4. and 5. Route, preflight, and what the route allows before it asks who calls. */
function routing(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  const cors = usesCors(profiles);
  const access = routeAccessExpression(profiles);
  const problems = [missingExpression(), ...(access ? [access] : []), bodyExpression(profiles)];
  return [
    setVariable("matches", matchesExpression(profiles)),
    setVariable("entry", entryExpression()),
    // Only counters ask for the route's name.
    ...(model.routes.some(({ rateLimits }) => rateLimits.length > 0) ? [setVariable("route", routeExpression())] : []),
    setVariable("profile", profileExpression()),
    ...(cors
      ? [
          setVariable("origin", originExpression(profiles)),
          ...(usesCredentials(model) ? [setVariable("credentials", credentialsExpression(profiles))] : []),
        ]
      : []),
    ...preflight(profiles, hsts(model)),
    setVariable("allow", allowExpression()),
    ...problems.flatMap((problem: Expression) => [setVariable("problem", problem), ...refuseIfProblem(model)]),
  ];
}

/** 6. Requirements. */
function requirements(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  const consumer = consumerExpression(profiles);
  const plan = planExpression(profiles);
  const final = finalGrantExpression(profiles);
  return [
    setVariable("challenge", challengeExpression(profiles)),
    ...(consumer && plan ? [setVariable("consumer", consumer), setVariable("plan", plan)] : []),
    ...tokenVariable(profiles),
    setVariable("grant", firstGrantExpression(profiles)),
    ...verification(profiles),
    ...(final ? [setVariable("grant", final)] : []),
    ...choose([
      {
        when: expression(`!${variable("grant")}.StartsWith("200", StringComparison.Ordinal)`),
        steps: [setVariable("problem", expression(variable("grant"))), ...refuseIfProblem(model)],
      },
    ]),
    ...routeCertificate(profiles),
  ];
}
