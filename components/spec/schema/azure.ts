import { z } from "zod";

/** Settings of `cloud: azure`. */
export const azureSettings = z.strictObject({}).meta({ description: "Settings of cloud: azure." });
