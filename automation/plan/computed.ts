import type { Cloud } from "../../components/backends/contract.ts";
import type { ComputedOutputs } from "./recorder.ts";

/** What stands in a plan for the outputs a cloud computes; outputs not listed read "(known after deployment)". */
export function computedOutputs(_cloud: Cloud): ComputedOutputs {
  return () => ({});
}
