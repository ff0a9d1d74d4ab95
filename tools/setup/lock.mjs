// One process at a time through a piece of work. Plain JavaScript, because it must run before the packages are installed.
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isRunning, startOf } from "./process.mjs";

/**
 * @typedef {object} Owner
 * @property {string} token names this one holding of the lock
 * @property {number} pid
 * @property {string} host
 * @property {string} [started] tells the process from a later one with the same number
 * @property {{ pid: number, started?: string }} [helper] a process that does the work and may outlive the owner
 * @property {string} [purpose] what it is doing, for people
 */

/**
 * @typedef {object} Lock
 * @property {(pid: number) => void} share the lock stays taken while this process runs, even when the owner is killed
 * @property {() => void} release
 */

/**
 * Runs `work` while holding the lock file `path`; a second process waits for the first.
 * A lock whose owner no longer runs on this host is taken over, so an interrupted process never blocks the next.
 *
 * @template T
 * @param {string} path file that stands for the lock; its folder is created when missing
 * @param {(lock: Lock) => Promise<T> | T} work
 * @param {{ purpose?: string, waiting?: (owner: Owner) => void }} [options] `waiting` is called once when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, options = {}) {
  let told = false;
  let taken = tryLock(path, options.purpose);
  while ("owner" in taken) {
    if (!told) options.waiting?.(taken.owner);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
    taken = tryLock(path, options.purpose);
  }
  try {
    return await work(taken);
  } finally {
    taken.release();
  }
}

/**
 * Takes the lock if it is free or its owner is dead.
 *
 * @param {string} path
 * @param {string} [purpose]
 * @returns {Lock | { owner: Owner }} the owner when somebody else holds it
 */
export function tryLock(path, purpose) {
  mkdirSync(dirname(path), { recursive: true });
  /** @type {Owner} */
  const self = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    ...startedWord(process.pid),
    ...(purpose === undefined ? {} : { purpose }),
  };
  for (;;) {
    if (create(path, self)) return held(path, self);
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (!isDead(owner) || !removeDead(path, owner)) return { owner };
  }
}

/** Creates the lock with its content in one step: a link either appears whole or not at all. @param {string} path @param {Owner} self */
function create(path, self) {
  const draft = `${path}.${self.token}`;
  writeFileSync(draft, JSON.stringify(self));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** @param {string} path @param {Owner} self @returns {Lock} */
function held(path, self) {
  const release = () => {
    process.removeListener("exit", release);
    if (ownerOf(path)?.token === self.token) rmSync(path, { force: true });
  };
  process.once("exit", release);
  return {
    release,
    share(pid) {
      const draft = `${path}.${self.token}`;
      writeFileSync(draft, JSON.stringify({ ...self, helper: { pid, ...startedWord(pid) } }));
      renameSync(draft, path);
    },
  };
}

/** @param {number} pid */
function startedWord(pid) {
  const started = startOf(pid);
  return started === undefined ? {} : { started };
}

/** @param {string} path @returns {Owner | undefined} undefined when the lock has just been released */
function ownerOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw new Error(`The lock file ${path} cannot be read: delete it if no other command of this project is running.`, { cause: error });
  }
}

/** @param {Owner} owner */
function isDead(owner) {
  return owner.host === hostname() && hasEnded(owner) && (owner.helper === undefined || hasEnded(owner.helper));
}

/** @param {{ pid: number, started?: string }} who */
function hasEnded({ pid, started }) {
  if (!isRunning(pid)) return true;
  const now = startOf(pid);
  return started !== undefined && now !== undefined && now !== started;
}

/**
 * Removes a dead owner's lock. Only the holder of a second lock, named after the dead owner's token, may remove it, and only while the
 * file still carries that token: so of two waiters the slower one can never remove the faster one's fresh lock.
 *
 * @param {string} path @param {Owner} owner
 * @returns {boolean} false when another process is removing it at this moment
 */
function removeDead(path, owner) {
  const claim = tryLock(`${path}.${owner.token}.dead`);
  if ("owner" in claim) return false;
  try {
    if (ownerOf(path)?.token === owner.token) rmSync(path, { force: true });
    return true;
  } finally {
    claim.release();
  }
}
