import { join } from "node:path";
import { type TerraformConfiguration, terraformOf } from "../../../tools/translate/terraform/index.ts";
import { planOf } from "../../support/plan.ts";
import { describePolicyScan, type NotKept } from "../../support/policy-scan.ts";

const GOLDEN = join(import.meta.dirname, "..", "..", "golden", "aws");

/** What is the document's choice, chosen strictly. */
const STRICT = {
  tls: { hsts: { maxAgeDays: 730, includeSubdomains: true, preload: true } },
  observability: { accessLogs: { retentionDays: 365 } },
};
const STRICT_REST = { ...STRICT, waf: "managed", observability: { ...STRICT.observability, tracing: true } };

const DOCUMENTS: Readonly<Record<string, unknown>> = {
  "full-cloudfront": STRICT_REST,
  "client-certificates": STRICT_REST,
  "client-certificates-cloudfront": STRICT_REST,
  "on-premises-alb": STRICT_REST,
  "on-premises-nlb-alb": STRICT_REST,
  "on-premises-verified": STRICT_REST,
  "http-api": STRICT,
};

const NOT_KEPT: Readonly<Record<string, NotKept>> = {
  CKV2_AWS_4: {
    reason: "The method settings name the stage by its name, which the scan does not connect; promises.test.ts asserts the level.",
  },
  CKV2_AWS_47: {
    reason:
      "It wants the group of anonymous addresses as well, which shuts out clients in data centres; CKV_AWS_192 looks for the Log4j rules.",
  },
  CKV2_AWS_51: { reason: "A client certificate is shown where a backend asks for one in the document." },
  CKV2_AWS_61: { reason: "The truststore's versions are few, small and pinned by the domain.", only: /truststore/ },
  CKV2_AWS_62: { reason: "Nobody but the stack writes the truststore.", only: /truststore/ },
  CKV2_AWS_77: { reason: "Behind CloudFront the firewall with the rule groups stands at the edge.", only: /stage/ },
  CKV_AWS_18: { reason: "The truststore holds certificates of public knowledge.", only: /truststore/ },
  CKV_AWS_116: { reason: "API Gateway invokes the authorizer synchronously; a dead letter queue is for asynchronous calls." },
  CKV_AWS_117: { reason: "The authorizer needs nothing of a VPC, and key servers are public." },
  CKV_AWS_119: { reason: "The counters hold digests and numbers; AWS's own key encrypts them." },
  CKV_AWS_120: { reason: "Answers of protected routes are not to be cached." },
  CKV_AWS_144: { reason: "The truststore is rebuilt from the document.", only: /truststore/ },
  CKV_AWS_145: { reason: "The truststore holds certificates of public knowledge; API Gateway has to read it.", only: /truststore/ },
  CKV_AWS_150: { reason: "The load balancer is the stack's own, and a destroy removes it.", only: /balancer/ },
  CKV_AWS_192: { reason: "The origin's firewall admits CloudFront and nothing else.", only: /origin-firewall/ },
  CKV_AWS_225: { reason: "Answers of protected routes are not to be cached." },
  CKV_AWS_272: { reason: "The code is a part of the repository and of the deployment; a signing profile is the account's." },
  CKV_AWS_305: { reason: "The distribution serves an API, which has no root document." },
  CKV_AWS_310: { reason: "A gateway has one origin." },
  CKV_AWS_374: { reason: "Client addresses are the document's choice (access)." },
  CKV_AWS_86: { reason: "The edge logs by log delivery to CloudWatch, without fields that could hold credentials." },
  CKV_AWS_91: { reason: "Only the stage reaches the internal load balancer, and its access log has every request.", only: /balancer/ },
};

/** No key for logs, no key rotation, old TLS at the edge, no bound on the authorizer: what a scan has to see. */
const WEAKENED = ["CKV_AWS_158", "CKV_AWS_7", "CKV_AWS_174", "CKV_AWS_115"];

function weakened(configuration: TerraformConfiguration): TerraformConfiguration {
  const copy = JSON.parse(JSON.stringify(configuration)) as { resource: Record<string, Record<string, Record<string, unknown>>> };
  const every = (type: string, change: (resource: Record<string, unknown>) => void) =>
    Object.values(copy.resource[type] ?? {}).forEach(change);
  every("aws_cloudwatch_log_group", (group) => delete group.kms_key_id);
  every("aws_kms_key", (key) => delete key.enable_key_rotation);
  every("aws_lambda_function", (fn) => delete fn.reserved_concurrent_executions);
  every("aws_cloudfront_distribution", (distribution) => {
    (distribution.viewer_certificate as Record<string, unknown>).minimum_protocol_version = "TLSv1";
  });
  return copy;
}

describePolicyScan({
  title: "AWS policy scan",
  framework: "terraform_json",
  file: "gateway.tf.json",
  golden: GOLDEN,
  plans: async () => {
    const plans = new Map<string, TerraformConfiguration>();
    for (const [name, overlay] of Object.entries(DOCUMENTS))
      plans.set(name, terraformOf(await planOf("aws", { file: join(GOLDEN, "plans", "in", `${name}.yaml`) }, { overlays: [overlay] })));
    return plans;
  },
  broken: (plans) => weakened(plans.get("full-cloudfront") as TerraformConfiguration),
  weakened: WEAKENED,
  notKept: NOT_KEPT,
});
