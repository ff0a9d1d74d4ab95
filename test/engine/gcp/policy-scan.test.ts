import { join } from "node:path";
import { terraformOf } from "../../../tools/translate/terraform/index.ts";
import { planOf } from "../../support/plan.ts";
import { describePolicyScan } from "../../support/policy-scan.ts";

const GOLDEN = join(import.meta.dirname, "..", "..", "golden", "gcp");
const DOCUMENTS = ["everything", "imported-certificate", "on-premises-vpn", "client-certificates", "limits"];

describePolicyScan({
  title: "Google Cloud policy scan",
  framework: "terraform_json",
  file: "gateway.tf.json",
  golden: GOLDEN,
  plans: async () => {
    const plans = new Map<string, unknown>();
    for (const name of DOCUMENTS) plans.set(name, terraformOf(await planOf("gcp", { file: join(GOLDEN, "in", `${name}.yaml`) })));
    return plans;
  },
  // Old TLS at the front door, a bucket that could become public.
  broken: (plans) =>
    JSON.parse(JSON.stringify(plans.get("everything")).replaceAll('"RESTRICTED"', '"COMPATIBLE"').replaceAll('"enforced"', '"inherited"')),
  weakened: ["CKV_GCP_4", "CKV_GCP_114"],
  notKept: {
    CKV_GCP_62: { reason: "The bucket holds Envoy's configuration, which has no secret in it and which nobody but the gateway reads." },
  },
});
