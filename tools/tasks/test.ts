import { globSync } from "node:fs";
import { ensureEnvoy } from "../setup/envoy.ts";
import { ensurePebble } from "../setup/pebble.ts";
import { duration, say } from "../setup/progress.mjs";
import { ensurePulumi } from "../setup/pulumi.ts";
import { runTool } from "./tool.ts";

/** Folders under test/ in the order they run: what fails fastest comes first. */
const GROUPS = [
  { folder: "unit", title: "Unit tests" },
  { folder: "docs", title: "Examples of the documentation" },
  { folder: "live", title: "Live tests: real Envoy" },
  { folder: "engine", title: "Engine tests: real Pulumi engine" },
] as const;

/** Every test. Arguments are given to mocha. */
export async function test(root: string, args: readonly string[]): Promise<number> {
  await ensurePulumi(root);
  await ensureEnvoy(root);
  // The tests that need it say why they are skipped where there is no Go.
  await ensurePebble(root).catch((error: Error) => say(error.message));
  return runGroups(root, GROUPS, args);
}

/** The tests that need neither the Pulumi CLI nor Envoy. */
export function unitTests(root: string, args: readonly string[]): Promise<number> {
  return runGroups(root, GROUPS.slice(0, 1), args);
}

async function runGroups(root: string, groups: readonly (typeof GROUPS)[number][], args: readonly string[]): Promise<number> {
  const began = Date.now();
  const failed: string[] = [];
  for (const { folder, title } of groups) {
    const files = globSync(`test/${folder}/**/*.test.ts`, { cwd: root }).sort();
    if (files.length === 0) continue;
    say(`\n${title} (${files.length} files)`);
    const code = await runTool(root, "mocha", [...args, ...files], { PULUMI_SKIP_UPDATE_CHECK: "true" });
    // Asked to stop.
    if (code === 130 || code === 143) return code;
    if (code !== 0) failed.push(title);
  }
  const took = duration(Date.now() - began);
  say(failed.length === 0 ? `All tests passed in ${took}.` : `Failed in ${took}: ${failed.join("; ")}`);
  return failed.length === 0 ? 0 : 1;
}
