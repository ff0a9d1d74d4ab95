import { inspectDocument } from "../pki/preflight/document.ts";
import { type Fault, formatFault } from "../spec/faults.ts";
import type { GatewayModel } from "../spec/model.ts";
import { type ControlDecision, decide, type Refusal } from "./capabilities.ts";
import type { Cloud, Finding } from "./contract.ts";
import { internalFaults } from "./internal-faults.ts";
import { DECLARATIONS } from "./registry.ts";

/** What a cloud makes of a model before anything is created: how each control is kept, every refusal, every finding. */
export interface Judgement {
  readonly variant: string;
  readonly why: string;
  readonly decisions: readonly ControlDecision[];
  readonly faults: readonly Fault[];
  /** The faults that refuse a control, with the control. */
  readonly refused: readonly Refusal[];
  readonly findings: readonly Finding[];
}

/** Judges without building; pure, and loads no cloud SDK. */
export function judge(cloud: Cloud, model: GatewayModel): Judgement {
  const declaration = DECLARATIONS[cloud];
  const { variant, why } = declaration.variantOf(model);
  const { decisions, faults, refused } = decide(cloud, variant, declaration.capabilities, model);
  const certificates = judgeCertificates(model, refusalWindowDays(cloud, model));
  return {
    variant,
    why,
    decisions,
    faults: [...faults, ...certificates.faults, ...declaration.faults(model), ...internalFaults(cloud, model)],
    refused,
    findings: [...declaration.findings(model), ...certificates.findings],
  };
}

/**
 * Faults and findings of the certificates a document gives; they are the same for every cloud.
 *
 * @param windowDays What is served or shown and ends within this many days is refused
 */
export function judgeCertificates(model: GatewayModel, windowDays: number): Pick<Judgement, "faults" | "findings"> {
  const problems = inspectDocument(model, { now: new Date(), windowDays });
  return {
    faults: problems.flatMap(({ severity, path, message, remedy }) => (severity === "refused" ? [{ path, message, remedy }] : [])),
    findings: problems.flatMap(({ rule, severity, path, message, remedy }) =>
      severity === "refused" ? [] : [{ id: rule, severity, path, message, remedy }],
    ),
  };
}

/** Days before its end at which a certificate is no longer deployed: a cloud's alarm would go off at once. */
const refusalWindowDays = (cloud: Cloud, model: GatewayModel): number =>
  cloud === "local" ? 0 : (model.observability.alarms?.certificateDays ?? 14);

/** Every refusal in one text for people. */
export function refusalMessage(cloud: Cloud, faults: readonly Fault[]): string {
  return `The document asks for ${faults.length} ${faults.length === 1 ? "thing" : "things"} that ${cloud} cannot enforce. Nothing was created.\n${faults.map((fault) => `  ${formatFault(fault)}`).join("\n")}`;
}
