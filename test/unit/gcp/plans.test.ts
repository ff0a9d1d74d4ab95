import { join } from "node:path";
import { openapiDefinition } from "../../../components/backends/gcp/definition/openapi.ts";
import { describeGolden } from "../../support/golden.ts";
import { modelOf, planOf } from "../../support/plan.ts";
import { readable } from "./readable.ts";

const folder = join(import.meta.dirname, "..", "..", "golden", "gcp");

describeGolden("Google Cloud plans", { folder, variant: "plan", produce: async ({ file }) => readable(await planOf("gcp", { file })) });

describeGolden("Google Cloud definitions", {
  folder,
  variant: "openapi",
  produce: async ({ file }) => openapiDefinition(await modelOf({ file })),
});
