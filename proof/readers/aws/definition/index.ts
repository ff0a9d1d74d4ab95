import type { ControlId } from "../../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../../components/spec/model.ts";
import type { Observations } from "../../../verdicts.ts";
import { faultsOf } from "../../shape.ts";
import type { AwsApi } from "../api.ts";
import { Context } from "../expected/context.ts";
import { decisionTable } from "./decisions.ts";
import { httpDefinition } from "./http.ts";
import { restDefinition } from "./rest.ts";

/** Whose promise a fault breaks, by the place it is found at; the first that fits counts. */
const CONTROLS: readonly (readonly [RegExp, ControlId])[] = [
  [/gateway-responses/, "errors.problem"],
  [/x-amazon-apigateway-cors|\.options(\.|$)/, "cors"],
  [/any-method/, "route.methods"],
  [/uri is|path\.|httpMethod/, "route.exact"],
  [/timeoutInMillis/, "route.timeout"],
  [/requestParameters/, "request.headers"],
  [/responseParameters/, "tls.hsts"],
  [/connection|integrationTarget/, "backend.tls.public"],
  [/security|providers/, "require.jwt"],
];

/** No place of the definition, nor of the authorizer's table, says anything but what the document asks for, or stands unread. */
export function observeDefinition(api: AwsApi, model: GatewayModel, o: Observations): void {
  const c = new Context(model, api);
  report("definition", faultsOf(c.rest ? restDefinition(c) : httpDefinition(c), api.body), "host.only", o);
  if (c.authorizer) report("authorizer", faultsOf(decisionTable(c), api.policy), "require.any", o);
}

function report(what: string, faults: readonly string[], otherwise: ControlId, o: Observations): void {
  if (faults.length === 0) o.holds(otherwise, what, `the ${what} is read to the last place`, true);
  for (const fault of faults.slice(0, 20)) o.holds(CONTROLS.find(([place]) => place.test(fault))?.[1] ?? otherwise, what, fault, false);
}
