import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../tools/setup/packages.mjs";
import { say } from "../tools/setup/progress.mjs";
import { api } from "./documents.ts";
import { costOf, inTurn, rounded } from "./measure.ts";

const CDK_VERSION = "2.276.0";
const CONSTRUCTS_VERSION = "10.8.1";

/** `gateway check` and `gateway plan` of 10 and 1,000 routes on AWS, and the AWS CDK's synthesis of the same API. */
export function benchPlan(root: string, rounds = 5) {
  const cdk = installCdk(root);
  const folder = mkdtempSync(join(tmpdir(), "gateway-bench-"));
  try {
    for (const count of [10, 1000]) {
      // 1,000 routes are more than API Gateway's default quota; it is raised on request.
      const document = { ...api(count), edge: "cdn", aws: { quotas: { resourcesPerApi: 1500 } } };
      writeFileSync(join(folder, `${count}.json`), JSON.stringify(document));
    }
    const gateway = (verb: string, count: number) => () =>
      costOf([process.execPath, join(root, "cli", "gateway.mjs"), verb, "-f", `${count}.json`, "--cloud", "aws", "--json"], {
        cwd: folder,
      });
    const synth = (count: number) => () =>
      costOf([process.execPath, "app.mjs"], {
        cwd: cdk,
        env: { CDK_ROUTES: String(count), CDK_OUT: join(folder, `cdk-${count}`), NODE_COMPILE_CACHE: join(cacheFolder(), "compile") },
      });
    const costs = inTurn(rounds, {
      check10: gateway("check", 10),
      check1000: gateway("check", 1000),
      plan10: gateway("plan", 10),
      plan1000: gateway("plan", 1000),
      cdk10: synth(10),
      cdk1000: synth(1000),
    });
    return {
      seconds: costs,
      resources: {
        plan10: planned(root, folder, 10),
        plan1000: planned(root, folder, 1000),
        cdk10: synthesized(folder, 10),
        cdk1000: synthesized(folder, 1000),
      },
      ratios: {
        cdkToPlanAt10: rounded(costs.cdk10.cpu / costs.plan10.cpu, 2),
        cdkToPlanAt1000: rounded(costs.cdk1000.cpu / costs.plan1000.cpu, 2),
        plan1000To10: rounded(costs.plan1000.cpu / costs.plan10.cpu, 2),
        cdk1000To10: rounded(costs.cdk1000.cpu / costs.cdk10.cpu, 2),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function planned(root: string, folder: string, count: number): number {
  const args = [join(root, "cli", "gateway.mjs"), "plan", "-f", `${count}.json`, "--cloud", "aws", "--json"];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
  return JSON.parse(stdout).resources.length;
}

function synthesized(folder: string, count: number): number {
  const out = join(folder, `cdk-${count}`);
  const template = readdirSync(out).find((file) => file.endsWith(".template.json"));
  if (template === undefined) throw new Error(`the CDK wrote no template into ${out}`);
  return Object.keys(JSON.parse(readFileSync(join(out, template), "utf8")).Resources).length;
}

/** aws-cdk-lib in the cache folder: only this measurement uses it, so it is no dependency of the project. */
function installCdk(root: string): string {
  const folder = join(cacheFolder(), "bench", `cdk-${CDK_VERSION}`);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "node_modules", "aws-cdk-lib", "package.json"))) {
    say(`Installing aws-cdk-lib ${CDK_VERSION} for the comparison`);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const packages = [`aws-cdk-lib@${CDK_VERSION}`, `constructs@${CONSTRUCTS_VERSION}`];
    const ran = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", ...packages], {
      cwd: folder,
      encoding: "utf8",
    });
    if (ran.status !== 0) throw new Error(`npm could not install aws-cdk-lib:\n${ran.stderr}`);
  }
  copyFileSync(join(root, "bench", "cdk", "app.mjs"), join(folder, "app.mjs"));
  return folder;
}
