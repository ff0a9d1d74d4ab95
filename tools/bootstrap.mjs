// Entry of every npm script. Needs nothing but Node >= 20: it installs the locked packages, picks a Node that runs
// TypeScript as it stands (>= 22.18, from this machine or from the locked packages), and hands over to tools/tasks.ts.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./setup/lock.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const cache = process.env.SECURE_GATEWAY_CACHE || join(homedir(), ".cache", "secure-gateway");

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** @param {string} version @param {number} major @param {number} minor */
function atLeast(version, major, minor) {
  const [a = 0, b = 0] = version.replace(/^v/, "").split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

/** True when node_modules holds exactly what package-lock.json asks for on this platform. */
function installed() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const present = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8")).packages;
    return Object.entries(wanted).every(([path, entry]) => path === "" || entry.optional || present[path]?.version === entry.version);
  } catch {
    return false;
  }
}

async function installPackages() {
  if (installed()) return;
  await withLock(
    join(root, ".gateway", "setup.lock"),
    async () => {
      if (installed()) return;
      const npm = process.env.npm_execpath;
      const [command, prefix] = npm ? [process.execPath, [npm]] : ["npm", []];
      const started = Date.now();
      const ticking = setInterval(() => {
        process.stderr.write(`  … still installing npm packages, ${Math.round((Date.now() - started) / 1000)} s\n`);
      }, 15_000);
      process.stderr.write("Installing the locked npm packages (about 800 MB on disk, under a minute on a fast line)\n");
      const code = await new Promise((resolve, reject) => {
        const child = spawn(
          command,
          [...prefix, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--cache", join(cache, "npm")],
          { cwd: root, stdio: ["ignore", 2, 2] },
        );
        child.once("error", reject);
        child.once("exit", resolve);
      }).catch((error) => fail(`Cannot run npm (${error.message}): install npm 10 or newer next to Node and run this again.`));
      clearInterval(ticking);
      if (code !== 0) {
        fail(
          "npm could not install the locked packages (its own message is above): check the network and the registry setting of npm, then run this again; it starts over safely.",
        );
      }
    },
    (owner) => process.stderr.write(`Waiting for ${owner}, which is installing the npm packages\n`),
  );
}

/** The Node that runs the project: this one if it strips types, else the one that came with the packages. */
function nodeBinary() {
  if (atLeast(process.version, 22, 18)) return process.execPath;
  const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
  for (const name of names) {
    const candidate = join(modules, name, "bin", "node");
    if (existsSync(candidate) && spawnSync(candidate, ["--version"]).status === 0) return candidate;
  }
  return fail(
    `This machine has Node ${process.version} and the npm registry has no newer build for ${process.platform}-${process.arch}: install Node 22.18 or newer and run this again.`,
  );
}

if (!atLeast(process.version, 20, 0)) fail(`Node ${process.version} is too old: install Node 20 or newer and run this again.`);
await installPackages();
const node = /** @type {string} */ (nodeBinary());
const child = spawn(node, [join(root, "tools", "tasks.ts"), ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    PATH: [dirname(node), join(modules, ".bin"), process.env.PATH].join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cache, "compile"),
  },
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
