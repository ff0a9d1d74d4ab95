import { z } from "zod";

/** Settings of `cloud: aws`. */
export const awsSettings = z.strictObject({}).meta({ description: "Settings of cloud: aws." });
