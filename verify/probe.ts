import type { ControlId } from "../components/backends/controls.ts";
import type { ProbeContext } from "./context.ts";
import type { ProbeOutcome } from "./types.ts";

/**
 * When a probe runs. `main`: side by side with others. `alone`: one at a time, because it changes what others would see.
 * `limits`: one at a time after all of these, because it uses buckets up. `last`: judges what the whole run has seen.
 */
export type Stage = "main" | "alone" | "limits" | "last";

export const STAGES: readonly Stage[] = ["main", "alone", "limits", "last"];

export interface Probe {
  readonly id: string;
  readonly control: ControlId;
  readonly title: string;
  readonly attack: boolean;
  /** @default "main" */
  readonly stage?: Stage;
  run(context: ProbeContext): Promise<Verdict>;
}

export interface Verdict {
  readonly result: ProbeOutcome;
  readonly detail: string;
}

export const passed = (detail: string): Verdict => ({ result: "passed", detail });
export const failed = (detail: string): Verdict => ({ result: "failed", detail });
export const skipped = (reason: string): Verdict => ({ result: "skipped", detail: reason });

/** Ends a probe as skipped from anywhere inside it. */
export class SkipProbe extends Error {
  override readonly name = "SkipProbe";
}
