import { type Fault, formatFault } from "../spec/faults.ts";
import type { GatewayModel } from "../spec/model.ts";
import { type ControlDecision, decide, type Refusal } from "./capabilities.ts";
import type { Cloud, Finding } from "./contract.ts";
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
  return { variant, why, decisions, faults: [...faults, ...declaration.faults(model)], refused, findings: declaration.findings(model) };
}

/** Every refusal in one text for people. */
export function refusalMessage(cloud: Cloud, faults: readonly Fault[]): string {
  return `The document asks for ${faults.length} ${faults.length === 1 ? "thing" : "things"} that ${cloud} cannot enforce. Nothing was created.\n${faults.map((fault) => `  ${formatFault(fault)}`).join("\n")}`;
}
