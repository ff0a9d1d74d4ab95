import type { Fault } from "../spec/faults.ts";
import type { GatewayModel } from "../spec/model.ts";
import { CLOUDS, type Cloud, type Finding } from "./contract.ts";
import { CONTROLS, type ControlId, usedControls } from "./controls.ts";
import { type Judgement, judge } from "./judge.ts";

/** One document on every cloud, side by side. */
export interface Comparison {
  readonly clouds: readonly CloudAnswer[];
  /** Every control the document asks for, in document order. */
  readonly controls: readonly ComparedControl[];
}

export interface CloudAnswer {
  readonly cloud: Cloud;
  /** Flavour or tier the document would get, and why. */
  readonly variant: string;
  readonly why: string;
  /** True when the cloud enforces everything the document asks for. */
  readonly enforced: boolean;
  /** What it refuses, each with what that would take. */
  readonly refusals: readonly Fault[];
  readonly findings: readonly Finding[];
}

export interface ComparedControl {
  readonly control: ControlId;
  readonly promise: string;
  /** Places in the document that ask for it. */
  readonly paths: readonly string[];
  readonly by: Readonly<Record<Cloud, ControlAnswer>>;
}

export type ControlAnswer =
  | { readonly status: "native" | "composed"; readonly how: string; readonly deviation: string | undefined }
  | { readonly status: "refused"; readonly refusals: readonly Fault[] };

/** Asks every cloud about a model; pure, and loads no cloud SDK. */
export function compareClouds(model: GatewayModel): Comparison {
  const judgements = CLOUDS.map((cloud) => ({ cloud, judgement: judge(cloud, model) }));
  const paths = new Map<ControlId, string[]>();
  for (const { control, path } of usedControls(model)) paths.set(control, [...(paths.get(control) ?? []), path]);
  return {
    clouds: judgements.map(({ cloud, judgement: { variant, why, faults, findings } }) => ({
      cloud,
      variant,
      why,
      enforced: faults.length === 0,
      refusals: faults,
      findings,
    })),
    controls: [...paths].map(([control, places]) => ({
      control,
      promise: CONTROLS[control],
      paths: places,
      by: Object.fromEntries(judgements.map(({ cloud, judgement }) => [cloud, answerOf(control, judgement)])) as Record<
        Cloud,
        ControlAnswer
      >,
    })),
  };
}

/** A control is kept only when every use of it is. */
function answerOf(control: ControlId, { decisions, refused }: Judgement): ControlAnswer {
  const refusals = refused.filter((refusal) => refusal.control === control).map(({ fault }) => fault);
  if (refusals.length > 0) return { status: "refused", refusals };
  const decision = decisions.find((candidate) => candidate.control === control);
  if (decision === undefined) throw new Error(`nothing was decided about ${control}`);
  return { status: decision.status, how: decision.how, deviation: decision.deviation };
}
