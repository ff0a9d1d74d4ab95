// One process at a time through a piece of set-up. Plain JavaScript, because it must run before the packages are installed.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

/**
 * Runs `work` while holding the lock folder `path`; a second process waits for the first.
 * A lock whose owner no longer runs on this host is taken over, so an interrupted set-up never blocks the next.
 *
 * @template T
 * @param {string} path folder that stands for the lock; its parent is created when missing
 * @param {() => Promise<T> | T} work
 * @param {(owner: string) => void} [waiting] called once when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, waiting) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryAcquire(path)) {
    const owner = ownerOf(path);
    if (owner !== undefined && isDead(owner)) {
      takeOver(path, owner);
      continue;
    }
    if (!told) {
      told = true;
      waiting?.(owner?.pid === undefined ? "another process" : `process ${owner.pid}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const release = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

/** @param {string} path */
function tryAcquire(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(path, "owner.json"), JSON.stringify({ pid: process.pid, host: hostname() }));
  return true;
}

/**
 * @param {string} path
 * @returns {{ pid?: number, host?: string, since?: number } | undefined} undefined while the owner is still writing its name
 */
function ownerOf(path) {
  try {
    return JSON.parse(readFileSync(join(path, "owner.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {{ pid?: number, host?: string }} owner */
function isDead(owner) {
  if (owner.pid === undefined || owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

/**
 * Removes a dead owner's lock. Claiming through a second folder keeps two waiters from both removing it,
 * where the slower one would remove the faster one's fresh lock.
 *
 * @param {string} path
 * @param {{ pid?: number }} owner
 */
function takeOver(path, owner) {
  const claim = `${path}.takeover`;
  try {
    mkdirSync(claim);
  } catch {
    return;
  }
  try {
    if (ownerOf(path)?.pid === owner.pid) rmSync(path, { recursive: true, force: true });
  } finally {
    rmSync(claim, { recursive: true, force: true });
  }
}
