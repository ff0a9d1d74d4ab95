import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../tools/setup/packages.mjs";
import { say } from "../tools/setup/progress.mjs";

const CDK_VERSION = "2.276.0";
const CONSTRUCTS_VERSION = "10.8.1";

/** aws-cdk-lib in the cache folder: only this measurement uses it, so it is no dependency of the project. */
export function installCdk(root: string): string {
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

/** Resources in the template the CDK wrote. */
export function synthesized(out: string): number {
  const template = readdirSync(out).find((file) => file.endsWith(".template.json"));
  if (template === undefined) throw new Error(`the CDK wrote no template into ${out}`);
  return Object.keys(JSON.parse(readFileSync(join(out, template), "utf8")).Resources).length;
}
