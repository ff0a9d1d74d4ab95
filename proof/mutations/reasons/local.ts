import { ENVOY } from "./envoy.ts";
import type { Reason } from "./reason.ts";

/** Reasons for the plans of this machine alone. */
export const LOCAL: readonly Reason[] = [
  ...ENVOY,
  {
    type: /^localgateway:index:Host$/,
    pattern: /^(directory|services\.(\(inside\)\.)?[^.]+\.cwd)$/,
    operator: /^change a text$/,
    reason: "another folder of this machine, which is made private in the same way; the folders it holds are written relative to it",
  },
];
