import { join } from "node:path";
import { compilePolicies } from "../../../components/backends/azure/policy/compile.ts";
import { describeGolden } from "../../support/golden.ts";
import { modelOf, planOf } from "../../support/plan.ts";

const folder = join(import.meta.dirname, "..", "..", "golden", "azure");

/** Policies have results of their own. */
const withoutPolicies = (inputs: Readonly<Record<string, unknown>>) =>
  inputs.format === "rawxml" ? { ...inputs, value: "(policies)" } : inputs;

describeGolden("Azure plans", {
  folder,
  variant: "plans",
  produce: async ({ file }) => {
    const plan = await planOf("azure", { file });
    return { ...plan, resources: plan.resources.map((one) => ({ ...one, inputs: withoutPolicies(one.inputs) })) };
  },
});

describeGolden("Azure policies", {
  folder,
  variant: "policies",
  extension: "xml",
  produce: async ({ file }) => {
    const { api, service, fragments } = compilePolicies(await modelOf({ file }));
    const documents = { api, service, ...fragments };
    return Object.entries(documents)
      .map(([name, text]) => `<!-- ${name} -->\n${text}`)
      .join("\n");
  },
});
