import { type Capabilities, everywhere, refused } from "./capabilities.ts";
import type { BackendDeclaration, Cloud } from "./contract.ts";
import { CONTROLS } from "./controls.ts";

export function undeclared(cloud: Cloud): BackendDeclaration {
  const nothing = everywhere(refused("this backend is not there yet", "choose another cloud"));
  return {
    cloud,
    variants: { none: "not there yet" },
    variantOf: () => ({ variant: "none", why: "" }),
    capabilities: Object.fromEntries(Object.keys(CONTROLS).map((control) => [control, nothing])) as unknown as Capabilities,
    faults: () => [],
    findings: () => [],
  };
}
