import type { GatewayModel } from "../../../../components/spec/model.ts";
import type { OpenPlan } from "../../../open-plan.ts";
import type { Observations } from "../../../verdicts.ts";
import { type Expected, identityOf, observeExpected } from "../../expected.ts";
import { cluster } from "../../internal/cluster.ts";
import type { AwsApi } from "../api.ts";
import { authorizer, consumers } from "./authorizer.ts";
import { bridge } from "./bridge.ts";
import { certificates } from "./certificates.ts";
import { Context } from "./context.ts";
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

/** Nothing is missing, nothing is there that nobody asked for, and no input says anything else or stands unread. */
export function observeResources(plan: OpenPlan, model: GatewayModel, api: AwsApi, o: Observations): void {
  observeNames(plan, o);
  const wanted = observeExpected(plan, model.name, expectations(new Context(model, api)), o);
  for (const one of plan.resources)
    if (!wanted.has(identityOf(one)) && !one.type.startsWith("secure-gateway:"))
      o.holds("host.only", one.name, `${one.type} is asked for by the document`, false);
}
