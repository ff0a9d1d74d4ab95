import type { BackendDeclaration } from "../contract.ts";
import { LOCAL_CAPABILITIES } from "./capabilities/index.ts";
import { localFaults } from "./faults.ts";
import { localFindings } from "./findings.ts";

/** A real Envoy on this machine: a laptop, a CI runner, a host on premises. */
export const localDeclaration: BackendDeclaration = {
  cloud: "local",
  variants: { envoy: "Envoy on this machine, run and watched by the stack's own provider" },
  variantOf: () => ({ variant: "envoy", why: "the only one" }),
  capabilities: LOCAL_CAPABILITIES,
  faults: localFaults,
  findings: localFindings,
};
