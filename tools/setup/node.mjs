// Which Node runs the project. Plain JavaScript for any Node from 20 on.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Oldest Node that runs TypeScript as it stands. */
const MAJOR = 22;
const MINOR = 18;

/** @param {string} version such as `v22.18.0` @param {number} major @param {number} minor */
export function atLeast(version, major, minor) {
  const [a = 0, b = 0] = version.replace(/^v/, "").split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

/** True when the running Node can run the project itself. */
export const runsTypeScript = () => atLeast(process.version, MAJOR, MINOR);

/**
 * The Node that runs the project: this one if it is new enough, else the one among the locked packages.
 *
 * @param {string} root folder of the project
 * @returns {string | undefined} undefined when neither is there
 */
export function nodeBinary(root) {
  if (runsTypeScript()) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  return [`node-${platform}`, `node-bin-${platform}`]
    .map((name) => join(root, "node_modules", name, "bin", "node"))
    .find((file) => existsSync(file) && spawnSync(file, ["--version"]).status === 0);
}

export const NO_NODE = `This machine has Node ${process.version}, and the npm packages hold no newer one for ${process.platform}-${process.arch}: install Node ${MAJOR}.${MINOR} or newer and run this again.`;
