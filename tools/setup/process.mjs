// Facts about processes of this machine. Plain JavaScript, because it must run before the packages are installed.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * When a process started, as a word that no later process with the same number shares.
 *
 * @param {number} pid
 * @returns {string | undefined} undefined when there is no such process, or the machine does not tell
 */
export function startOf(pid) {
  // Clock ticks since boot.
  return process.platform === "linux" ? fieldsOf(pid)?.[19] : ps(pid, "lstart=");
}

/**
 * Name of the program a process runs, without its folder.
 *
 * @param {number} pid
 * @returns {string | undefined}
 */
export function programOf(pid) {
  if (process.platform === "linux") {
    const stat = statOf(pid);
    return stat?.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  }
  return ps(pid, "comm=")?.split("/").pop();
}

/**
 * @param {number} pid
 * @returns {boolean} false only when the machine says that there is no such process
 */
export function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH";
  }
  return !isZombie(pid);
}

/**
 * Processes that a process has started and that it has not left yet.
 *
 * @param {number} pid
 * @returns {number[]}
 */
export function childrenOf(pid) {
  if (process.platform === "linux") {
    const all = readdirSync("/proc").map(Number).filter(Number.isInteger);
    return all.filter((candidate) => fieldsOf(candidate)?.[1] === String(pid));
  }
  try {
    const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
    return rows
      .map((row) => row.trim().split(/\s+/).map(Number))
      .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
  } catch {
    return [];
  }
}

/** A process that has ended but whose parent has not looked yet. @param {number} pid */
function isZombie(pid) {
  if (process.platform !== "linux") return ps(pid, "state=")?.startsWith("Z") ?? false;
  return fieldsOf(pid)?.[0] === "Z";
}

/** What Linux tells about a process after its number and name: state, parent, … The name may hold spaces and brackets, so count from its end. @param {number} pid */
function fieldsOf(pid) {
  const stat = statOf(pid);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** @param {number} pid */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {number} pid @param {string} column */
function ps(pid, column) {
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const text = execFileSync("ps", ["-o", column, "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], env });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}
