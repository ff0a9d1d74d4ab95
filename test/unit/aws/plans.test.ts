import { join } from "node:path";
import { describeGolden } from "../../support/golden.ts";
import { planOf } from "../../support/plan.ts";
import { readable } from "./readable.ts";

describeGolden("AWS plans", {
  folder: join(import.meta.dirname, "..", "..", "golden", "aws", "plans"),
  produce: async ({ file }) => readable(await planOf("aws", { file })),
});
