import * as pulumi from "@pulumi/pulumi";
import { inTurn } from "../../../../automation/plan/plan.ts";
import { type PlannedResource, RecordingMonitor } from "../../../../automation/plan/recorder.ts";

/** A Pulumi program that does not use this project's components. */
export interface Stack {
  readonly name: string;
  readonly program: () => void;
  /** What the policy pack has to find, `rule resource` each; nothing more, nothing less. */
  readonly findings: readonly string[];
}

/** What a program asks the engine for. */
export const recorded = (program: () => void): Promise<readonly PlannedResource[]> =>
  inTurn(async () => {
    const monitor = new RecordingMonitor((_type, name) => Object.fromEntries(COMPUTED.map((output) => [output, `\${${name}.${output}}`])));
    await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "by-hand", "test", true);
    pulumi.runtime.setMockOptions(monitor, "by-hand", "test", true);
    await pulumi.runtime.runInPulumiStack(async () => program());
    await pulumi.runtime.disconnect();
    return monitor.recorded;
  });

/** Outputs these programs hand on. */
const COMPUTED = ["arn", "invokeArn", "executionArn", "rootResourceId", "dnsName", "email", "keyId", "selfLink", "principalId", "uri"];
