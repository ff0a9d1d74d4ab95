import * as pulumi from "@pulumi/pulumi";
import type { Cloud, Finding } from "../../components/backends/contract.ts";
import { judge } from "../../components/backends/judge.ts";
import { withUnknownSecrets } from "../../components/secrets.ts";
import { SecureGateway } from "../../components/secure-gateway.ts";
import type { Fault } from "../../components/spec/faults.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { cloudAnswers, computedOutputs } from "./computed.ts";
import { type PlannedResource, RecordingMonitor } from "./recorder.ts";

/** A control of the plan: asked for, and enforced by these resources. */
export interface PlannedControl {
  readonly control: string;
  readonly status: "native" | "composed";
  readonly how: string;
  readonly resources: readonly string[];
}

/** What deploying a model would create, found without engine, credentials or network. */
export interface GatewayPlan {
  readonly cloud: Cloud;
  /** Flavour or tier, and why it was chosen. */
  readonly variant: string;
  readonly why: string;
  readonly resources: readonly PlannedResource[];
  readonly controls: readonly PlannedControl[];
  readonly findings: readonly Finding[];
}

export interface PlanOptions {
  readonly cloud: Cloud;
  readonly model: GatewayModel;
  /** Name of the stack; resources of some clouds carry it. Default `plan`. */
  readonly stack?: string;
  readonly documentFolder?: string;
}

/** Thrown when the cloud cannot enforce what the model asks for; carries every refusal. */
export class RefusedError extends Error {
  readonly faults: readonly Fault[];

  constructor(cloud: Cloud, faults: readonly Fault[]) {
    super(`${cloud} cannot enforce everything the document asks for`);
    this.name = "RefusedError";
    this.faults = faults;
  }
}

/**
 * Runs the program against a monitor that only writes down. Plans share the SDK's process-wide state, so one runs after the other.
 *
 * @throws RefusedError when the cloud cannot enforce the model.
 */
export function planGateway(options: PlanOptions): Promise<GatewayPlan> {
  const monitor = new RecordingMonitor(computedOutputs(options.cloud), cloudAnswers(options.cloud));
  return inTurn(() => withUnknownSecrets(() => planWith(monitor, options)));
}

let queue: Promise<unknown> = Promise.resolve();

/** Runs what uses the SDK's process-wide state when everything before it is done. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = queue.then(work);
  queue = turn.catch(() => undefined);
  return turn;
}

const PROJECT = "secure-gateway";

/** Runs the program against a monitor of the caller's; only `inTurn`. @throws RefusedError when the cloud cannot enforce the model. */
export async function planWith(
  monitor: RecordingMonitor,
  { cloud, model, stack = "plan", documentFolder }: PlanOptions,
): Promise<GatewayPlan> {
  const judgement = judge(cloud, model);
  if (judgement.faults.length > 0) throw new RefusedError(cloud, judgement.faults);

  await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, PROJECT, stack, true);
  pulumi.runtime.setMockOptions(monitor, PROJECT, stack, true);
  const outputs = (await withoutStackTraces(() =>
    pulumi.runtime.runInPulumiStack(async () => {
      const gateway = new SecureGateway(model.name, { cloud, model, ...(documentFolder === undefined ? {} : { documentFolder }) });
      return { controls: gateway.controls };
    }),
  )) as { controls: readonly PlannedControl[] };
  await pulumi.runtime.disconnect();

  return {
    cloud,
    variant: judgement.variant,
    why: judgement.why,
    resources: monitor.recorded,
    controls: outputs.controls.map(({ control, status, how, resources }) => ({ control, status, how, resources })),
    findings: judgement.findings,
  };
}

/** The SDK writes down a stack trace for every promise it makes, which is half of the time of a plan and shown nowhere. */
async function withoutStackTraces<T>(work: () => Promise<T>): Promise<T> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
