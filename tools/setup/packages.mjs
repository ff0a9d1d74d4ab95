// The npm packages the lock file names. Plain JavaScript for any Node from 20 on, with none of them there yet.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "./child.mjs";
import { withLock } from "./lock.mjs";
import { nodeBinary } from "./node.mjs";
import { say, step } from "./progress.mjs";

/** Folder outside the project for what set-up downloads and builds. */
export const cacheFolder = () => process.env.SECURE_GATEWAY_CACHE || join(homedir(), ".cache", "secure-gateway");

/**
 * Installs exactly what package-lock.json asks for, unless it is there.
 *
 * @param {string} root folder of the project
 * @throws Error whose message is for the user
 */
export async function ensurePackages(root) {
  if (installed(root)) return;
  await withLock(
    join(root, ".gateway", "locks", "packages"),
    async (lock) => {
      if (installed(root)) return;
      await step("Installing the locked npm packages (about 900 MB on disk; under a minute on a fast line)", async () => {
        const { code, interrupted } = await npm(root, lock);
        if (interrupted) throw new Error("Interrupted; run the same command again, it starts over safely.");
        if (code !== 0) {
          throw new Error(
            "npm could not install the locked packages (its own message is above): check the network and npm's registry setting and run this again; it starts over safely.",
          );
        }
      });
    },
    {
      purpose: "installing the npm packages",
      waiting: ({ pid }) => say(`Waiting for process ${pid}, which is installing the npm packages`),
    },
  );
}

/** True when node_modules holds what the lock file asks for, and a Node to run it. @param {string} root */
function installed(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const present = JSON.parse(readFileSync(join(root, "node_modules", ".package-lock.json"), "utf8")).packages;
    const complete = Object.entries(wanted).every(
      ([path, entry]) => path === "" || (entry.optional && present[path] === undefined) || present[path]?.version === entry.version,
    );
    return complete && nodeBinary(root) !== undefined;
  } catch {
    return false;
  }
}

/** @param {string} root @param {import("./lock.mjs").Lock} lock */
async function npm(root, lock) {
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith(".js") ? [process.execPath, [own]] : ["npm", []];
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--cache", join(cacheFolder(), "npm")];
  try {
    return await run(command, [...first, ...args], { cwd: root, show: true, started: (pid) => lock.share(pid) });
  } catch (error) {
    throw new Error(
      `npm cannot be started (${/** @type {Error} */ (error).message}): install npm 10 or newer next to Node and run this again.`,
    );
  }
}
