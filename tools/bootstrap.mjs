// Entry of every npm script. Needs nothing but Node >= 20 and npm: it installs the locked packages, picks a Node that runs
// TypeScript as it stands, and hands over to tools/tasks.ts.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { atLeast, NO_NODE, nodeBinary } from "./setup/node.mjs";
import { cacheFolder, ensurePackages } from "./setup/packages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function main() {
  if (!atLeast(process.version, 20, 0)) throw new Error(`Node ${process.version} is too old: install Node 20 or newer and run this again.`);
  await ensurePackages(root);
  const node = nodeBinary(root);
  if (node === undefined) throw new Error(NO_NODE);
  const child = spawn(node, [join(root, "tools", "tasks.ts"), ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheFolder(), "compile") },
  });
  // A terminal sends Ctrl-C to both; the task decides when it has finished.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
