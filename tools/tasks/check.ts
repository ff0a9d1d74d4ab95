import { globSync } from "node:fs";
import { duration, say } from "../setup/progress.mjs";
import { outdated } from "./generated.ts";
import { runTool } from "./tool.ts";

/** Everything that needs no running gateway: format, lint, types, generated files, examples of the documentation. All of them run, whatever fails. */
export async function check(root: string): Promise<number> {
  const failed: string[] = [];
  const stage = async (title: string, work: () => Promise<number>, remedy: string) => {
    const began = Date.now();
    say(title);
    if ((await work()) === 0) return say(`  fine, ${duration(Date.now() - began)}`);
    say(`  not fine: ${remedy}`);
    failed.push(title);
  };
  await stage(
    "Format and lint",
    () => runTool(root, "@biomejs/biome", ["ci", "--error-on-warnings", "."]),
    "`npm run format` corrects what can be corrected by itself",
  );
  await stage("Types", () => runTool(root, "typescript/tsc", ["-p", "."]), "correct them");
  await stage("Types of what runs in browsers", () => runTool(root, "typescript/tsc", ["-p", "portal/page/client"]), "correct them");
  await stage("Generated files", () => current(root), "`npm run generate` writes them");
  const examples = globSync("test/docs/**/*.test.ts", { cwd: root });
  if (examples.length > 0)
    await stage("Examples of the documentation", () => runTool(root, "mocha", examples), "correct the example or what it shows");
  say(failed.length === 0 ? "All checks passed." : `Not fine: ${failed.join("; ")}`);
  return failed.length === 0 ? 0 : 1;
}

async function current(root: string): Promise<number> {
  const stale = await outdated(root);
  for (const path of stale) say(`  ${path} is not what the code would write now`);
  return stale.length === 0 ? 0 : 1;
}
