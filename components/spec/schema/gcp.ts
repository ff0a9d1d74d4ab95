import { z } from "zod";

/** Settings of `cloud: gcp`. */
export const gcpSettings = z.strictObject({}).meta({ description: "Settings of cloud: gcp." });
