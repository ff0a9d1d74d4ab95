import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, describe, it } from "mocha";
import { ensurePythonTool } from "../../../tools/setup/python.ts";
import { type TerraformConfiguration, terraformOf } from "../../../tools/translate/terraform/index.ts";
import { checkGolden } from "../../support/golden.ts";
import { planOf } from "../../support/plan.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const GOLDEN = join(ROOT, "test", "golden", "aws");

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

/** Checks that are not kept, and why; `only` bounds it to the resources the reason is true of. */
const NOT_KEPT: Readonly<Record<string, { readonly reason: string; readonly only?: RegExp }>> = {
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

interface Check {
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
  readonly file_path: string;
}

describe("AWS policy scan", function () {
  this.timeout(300_000);
  let folder = "";
  let passed: Check[] = [];
  let failed: Check[] = [];
  const inBroken = ({ file_path }: Check) => file_path.includes("broken");

  before(async () => {
    const { python } = await ensurePythonTool(ROOT, "checkov", "checkov, a scanner of deployments (300 MB)");
    folder = mkdtempSync(join(tmpdir(), "gateway-scan-"));
    for (const [name, overlay] of Object.entries(DOCUMENTS)) {
      const plan = await planOf("aws", { file: join(GOLDEN, "plans", "in", `${name}.yaml`) }, { overlays: [overlay] });
      write(name, terraformOf(plan));
      if (name === "full-cloudfront") write("broken", weakened(terraformOf(plan)));
    }
    const args = ["-m", "checkov.main", "-d", folder, "--framework", "terraform_json", "--compact", "--skip-download", "-o", "json"];
    const { stdout } = await promisify(execFile)(python, [...args, "--soft-fail"], { cwd: folder, maxBuffer: 256 * 1024 * 1024 });
    const scan = JSON.parse(stdout) as { results: { passed_checks?: Check[]; failed_checks: Check[] } };
    failed = scan.results.failed_checks;
    passed = scan.results.passed_checks ?? [];
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, configuration: TerraformConfiguration) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "gateway.tf.json"), JSON.stringify(configuration));
  };

  it("finds no failed check but those listed with a reason", () => {
    const unexplained = failed
      .filter((check) => !inBroken(check))
      .filter(({ check_id, resource }) => {
        const known = NOT_KEPT[check_id];
        return known === undefined || (known.only !== undefined && !known.only.test(resource));
      })
      .map(({ check_id, check_name, resource, file_path }) => `${check_id} ${file_path} ${resource}: ${check_name}`);
    assert.deepEqual(unexplained, []);
  });

  it("has no reason left over", () => {
    const met = new Set(failed.filter((check) => !inBroken(check)).map(({ check_id }) => check_id));
    assert.deepEqual(
      Object.keys(NOT_KEPT).filter((id) => !met.has(id)),
      [],
    );
  });

  it("finds what is weakened on purpose", () => {
    const found = new Set(failed.filter(inBroken).map(({ check_id }) => check_id));
    assert.deepEqual(
      WEAKENED.filter((id) => !found.has(id)),
      [],
    );
  });

  it("evaluates the checks that are on record", () =>
    checkGolden(
      {
        folder: join(GOLDEN, "policy-scan"),
        extension: "txt",
        produce: () => {
          const kept = new Map(
            [...failed, ...passed].filter((check) => !inBroken(check)).map((check) => [check.check_id, check.check_name]),
          );
          return [...kept]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([id, name]) => `${id}  ${name}${NOT_KEPT[id] ? `\n    not kept: ${NOT_KEPT[id].reason}` : ""}`)
            .join("\n");
        },
      },
      { name: "checks", file: "", text: "" },
    ));
});

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
