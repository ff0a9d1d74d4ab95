import type { RemovableControl } from "../../../support/live/mutations.ts";
import type { TestQuotaService } from "../../../support/live/quota-service.ts";
import type { LiveGateway } from "../../../support/live-gateway.ts";
import type { Lab } from "./lab.ts";

/** One thing a gateway must do or refuse, and the controls that make it so: without any one of them some check of it fails. */
export interface Check {
  readonly title: string;
  readonly controls: readonly RemovableControl[];
  run(at: Place): Promise<void>;
}

export interface Place {
  readonly lab: Lab;
  readonly gateway: LiveGateway;
  readonly quotas: TestQuotaService;
}

export const check = (title: string, controls: RemovableControl | readonly RemovableControl[], run: Check["run"]): Check => ({
  title,
  controls: typeof controls === "string" ? [controls] : controls,
  run,
});
