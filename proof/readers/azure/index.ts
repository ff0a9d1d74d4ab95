import type { GatewayModel } from "../../../components/spec/model.ts";
import type { OpenPlan } from "../../open-plan.ts";
import { probesOf, routesAt } from "../../requests.ts";
import { type Observation, Observations } from "../../verdicts.ts";
import { Resources } from "../resources.ts";
import { observeAnswers, observeFormat } from "./answers.ts";
import { observeConnection } from "./connection.ts";
import { observePlatform } from "./platform/index.ts";
import { observeInternal } from "./platform/internal.ts";
import { openPolicies } from "./policies.ts";
import { runPolicies } from "./policy/run.ts";
import { apimRequest, type RunProbe } from "./requests.ts";
import { observeRoute } from "./routes.ts";
import { observeProblem, observeShape } from "./shape.ts";

/** Reads an Azure gateway back from its plan: the policies by running them, the service, backends, keys, Front Door. */
export function readAzure(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const resources = new Resources(observeInternal(plan, model, o));
  o.all.push(...policyReadings(resources, model));
  observePlatform(plan, resources, model, o);
}

/** Resources the policies are run with. */
const RUN_WITH =
  /^azure-native:(apimanagement:(ApiPolicy|Policy|PolicyFragment|NamedValue|Subscription|Backend|Gateway)|cdn:(Profile|Rule)|keyvault:Secret)$/;

const judged = new WeakMap<GatewayModel, { readonly inputs: string; readonly readings: readonly Observation[] }>();

/** What the policies do; the same policies of the same document are run once. */
function policyReadings(resources: Resources, model: GatewayModel): readonly Observation[] {
  const inputs = JSON.stringify(resources.all.filter(({ type }) => RUN_WITH.test(type)));
  const known = judged.get(model);
  if (known?.inputs === inputs) return known.readings;
  const o = new Observations();
  observePolicies(resources, model, o);
  if (known === undefined) judged.set(model, { inputs, readings: o.all });
  return o.all;
}

function observePolicies(resources: Resources, model: GatewayModel, o: Observations): void {
  const policies = openPolicies(resources, model);
  if (!observeFormat(policies, model, o)) return;
  const run: RunProbe = (request, { bare = false, headers = {}, happening = {}, ...changes } = {}) => {
    const made = apimRequest(resources, model, request);
    return runPolicies(policies.api, { ...made, ...changes, headers: { ...(bare ? {} : made.headers), ...headers } }, happening);
  };
  for (const { control, path, what, request, expected } of probesOf(model)) {
    const found = run(request);
    o.request(control, path, expected, found.status ?? "forwarded", what);
    const [route] = routesAt(model, request.path).filter(({ methods }) => methods.includes(request.method));
    // Who shows no certificate where every connection has to is refused before there is a route.
    const connected = model.tls.clientValidation?.mode !== "Required" || request.certificate !== undefined;
    if (found.status !== undefined) observeProblem(model, found, path, o, { path: request.path, ...(route && connected ? { route } : {}) });
  }
  observeConnection(run, model, o);
  observeShape(run, model, o);
  for (const route of model.routes) observeRoute(run, resources, model, route, o);
  observeAnswers(policies, model, o);
}
