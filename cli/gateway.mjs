#!/usr/bin/env node
// The `gateway` command: `npx gateway <verb> …` in a checkout. Plain JavaScript, because the Node that starts it may be too old to run TypeScript.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NO_NODE, nodeBinary, runsTypeScript } from "../tools/setup/node.mjs";
import { cacheFolder } from "../tools/setup/packages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} message */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

function handOver() {
  const node = nodeBinary(root);
  if (node === undefined) return refuse(NO_NODE);
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both; the command decides when it has finished.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

if (!existsSync(join(root, "node_modules", ".package-lock.json"))) {
  refuse("The project's packages are not installed: run `npm start` (sets everything up) or `npm ci` in the project first.");
} else if (!runsTypeScript()) {
  handOver();
} else {
  // The reader of a pipe may have seen enough.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error) => process.exit(/** @type {NodeJS.ErrnoException} */ (error).code === "EPIPE" ? 0 : 1));
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? join(cacheFolder(), "compile"));
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2), { root, stdout: process.stdout, stderr: process.stderr });
}
