import type { GatewayModel } from "../../../components/spec/model.ts";
import type { OpenPlan } from "../../open-plan.ts";
import { probesOf, routesAt } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import { Resources } from "../resources.ts";
import { observeAnswers } from "./answers.ts";
import { observePlatform } from "./platform.ts";
import { openPolicies } from "./policies.ts";
import { runPolicies } from "./policy/run.ts";
import { apimRequest, type RunProbe } from "./requests.ts";
import { observeRoute } from "./routes.ts";
import { observeProblem, observeShape } from "./shape.ts";

/** Reads an Azure gateway back from its plan: the policies by running them, the service, backends, keys, Front Door. */
export function readAzure(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const resources = new Resources(plan);
  const policies = openPolicies(resources, model);
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
  observeShape(run, model, o);
  for (const route of model.routes) observeRoute(run, resources, model, route, o);
  observeAnswers(policies, model, o);
  observePlatform(resources, model, o);
}
