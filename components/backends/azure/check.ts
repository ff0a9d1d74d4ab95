import type { Fault } from "../../spec/faults.ts";
import type { GatewayModel } from "../../spec/model.ts";

/** What is wrong with a model on a tier, beyond what single controls say. */
export type Check = (model: GatewayModel, variant: string) => Fault[];
