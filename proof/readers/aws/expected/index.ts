import type { GatewayModel } from "../../../../components/spec/model.ts";
import type { OpenPlan } from "../../../open-plan.ts";
import type { Observations } from "../../../verdicts.ts";
import { faultsOf } from "../../shape.ts";
import type { AwsApi } from "../api.ts";
import { authorizer, consumers } from "./authorizer.ts";
import { bridge } from "./bridge.ts";
import { certificates } from "./certificates.ts";
import { cluster } from "./cluster.ts";
import { Context, type Expected } from "./context.ts";
import { edge } from "./edge.ts";
import { firewalls } from "./firewall.ts";
import { httpApi, restApi } from "./gateway.ts";
import { line } from "./line.ts";
import { logs } from "./logs.ts";
import { observeNames } from "./names.ts";
import { services } from "./services.ts";
import { truststore } from "./truststore.ts";
import { alarms } from "./watch.ts";

/** Everything a document needs on AWS, and what each of its inputs has to say, by this reader's own understanding of the document. */
function* expectations(c: Context): Generator<Expected> {
  yield* certificates(c);
  yield* truststore(c);
  yield* logs(c);
  yield* c.rest ? restApi(c) : httpApi(c);
  yield* authorizer(c);
  yield* consumers(c);
  yield* firewalls(c);
  yield* edge(c);
  yield* bridge(c);
  yield* line(c);
  yield* services(c);
  yield* cluster(c);
  yield* alarms(c);
}

/** What a resource would not wait for although it has to. */
const tooEarly = ({ dependsOn }: OpenPlan["resources"][number], after: readonly string[], { name }: GatewayModel): string[] =>
  after.filter((suffix) => !dependsOn.includes(`${name}-${suffix}`)).map((suffix) => `it does not wait for ${suffix}`);

/** Nothing is missing, nothing is there that nobody asked for, and no input says anything else or stands unread. */
export function observeResources(plan: OpenPlan, model: GatewayModel, api: AwsApi, o: Observations): void {
  observeNames(plan, o);
  const found = new Map(plan.resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
  for (const { type, suffix, control, inputs, after = [] } of expectations(new Context(model, api))) {
    const name = `${model.name}-${suffix}`;
    const resource = found.get(`${type} ${name}`);
    found.delete(`${type} ${name}`);
    const faults =
      resource === undefined ? ["it is not there"] : [...faultsOf(inputs, resource.inputs), ...tooEarly(resource, after, model)];
    o.holds(
      control,
      name,
      `${type} is as it has to be${faults.length > 0 ? ` (${faults.slice(0, 3).join("; ")})` : ""}`,
      faults.length === 0,
    );
  }
  for (const { type, name } of found.values())
    if (!type.startsWith("secure-gateway:")) o.holds("host.only", name, `${type} is asked for by the document`, false);
}
