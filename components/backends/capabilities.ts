import type { Fault } from "../spec/faults.ts";
import type { GatewayModel } from "../spec/model.ts";
import { CONTROLS, type ControlId, type ControlUse, usedControls } from "./controls.ts";

/** How a backend keeps a control, or that it cannot. */
export type Support =
  /** A feature of the cloud's gateway itself. */
  | { readonly status: "native"; readonly how: string; readonly deviation?: string }
  /** Put together from several resources or from a program of ours. */
  | { readonly status: "composed"; readonly how: string; readonly deviation?: string }
  /** Cannot be enforced there: a document that asks for it is refused. */
  | { readonly status: "refused"; readonly reason: string; readonly remedy: string };

export const native = (how: string, deviation?: string): Support => ({
  status: "native",
  how,
  ...(deviation === undefined ? {} : { deviation }),
});
export const composed = (how: string, deviation?: string): Support => ({
  status: "composed",
  how,
  ...(deviation === undefined ? {} : { deviation }),
});
export const refused = (reason: string, remedy: string): Support => ({ status: "refused", reason, remedy });

/** A value or combination of an otherwise supported control that a backend cannot enforce. */
export interface Restriction {
  /** For the capability matrix: the rule in words. */
  readonly rule: string;
  /** Why this use is beyond the rule, or undefined when it is within. */
  check(model: GatewayModel, use: ControlUse, variant: string): { readonly reason: string; readonly remedy: string } | undefined;
}

export interface Capability {
  /** By variant (flavour or tier); `*` stands for the variants not named. */
  readonly support: Readonly<Record<string, Support>>;
  readonly restrictions?: readonly Restriction[];
}

/** A backend's whole declaration: every control, none left out. */
export type Capabilities = { readonly [control in ControlId]: Capability };

export const everywhere = (support: Support, ...restrictions: Restriction[]): Capability => ({
  support: { "*": support },
  ...(restrictions.length === 0 ? {} : { restrictions }),
});

export function supportOf(capability: Capability, variant: string): Support {
  const support = capability.support[variant] ?? capability.support["*"];
  if (support === undefined) throw new Error(`the capability says nothing about "${variant}"`);
  return support;
}

/** One control a model asks for, and how the chosen backend keeps it. */
export interface ControlDecision {
  readonly control: ControlId;
  readonly status: "native" | "composed";
  readonly how: string;
  /** What a client may notice that weakens nothing. */
  readonly deviation: string | undefined;
  /** Places in the document that ask for it. */
  readonly paths: readonly string[];
}

/** One use of a control that a backend refuses. */
export interface Refusal {
  readonly control: ControlId;
  readonly fault: Fault;
}

/** Judges a model against a declaration: what is kept and how, and a fault for each use that is not. */
export function decide(
  cloud: string,
  variant: string,
  capabilities: Capabilities,
  model: GatewayModel,
): { decisions: ControlDecision[]; faults: Fault[]; refused: Refusal[] } {
  const refusals: Refusal[] = [];
  const decisions = new Map<ControlId, { support: Support; paths: string[] }>();
  for (const use of usedControls(model)) {
    const capability = capabilities[use.control];
    const support = supportOf(capability, variant);
    const refusal = support.status === "refused" ? support : firstRefusal(capability, model, use, variant);
    if (refusal) {
      const message = `${cloud} (${variant}) cannot do this: ${lowerFirst(CONTROLS[use.control])}; ${refusal.reason}`;
      refusals.push({ control: use.control, fault: { path: use.path, message, remedy: refusal.remedy } });
      continue;
    }
    const entry = decisions.get(use.control);
    if (entry) entry.paths.push(use.path);
    else decisions.set(use.control, { support, paths: [use.path] });
  }
  return {
    faults: distinct(refusals.map(({ fault }) => fault)),
    refused: refusals,
    decisions: [...decisions].flatMap(([control, { support, paths }]) =>
      support.status === "refused" ? [] : [{ control, status: support.status, how: support.how, deviation: support.deviation, paths }],
    ),
  };
}

function firstRefusal(
  capability: Capability,
  model: GatewayModel,
  use: ControlUse,
  variant: string,
): { reason: string; remedy: string } | undefined {
  for (const restriction of capability.restrictions ?? []) {
    const refusal = restriction.check(model, use, variant);
    if (refusal) return refusal;
  }
  return undefined;
}

/** For the middle of a sentence. */
const lowerFirst = (text: string) => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;

/** The same refusal at the same place once. */
function distinct(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [`${fault.path}\n${fault.message}`, fault])).values()];
}
