// Programs that set-up runs: in a process group of their own, so that whoever ends set-up ends them and their helpers too.
import { spawn } from "node:child_process";

/** @typedef {{ code: number | null, signal: NodeJS.Signals | null, output: string, interrupted: boolean }} Ended */

/** Characters of output kept for an error message. */
const KEPT = 64 * 1024;

/**
 * Runs a program to its end. SIGINT, SIGTERM and SIGHUP to this process go to the program's whole group.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, onText?: (text: string) => void, started?: (pid: number, kill: (signal: NodeJS.Signals) => void) => void }} [options]
 *   `show`: its output goes to our stderr; otherwise it is kept, the last 64 KiB of it.
 * @returns {Promise<Ended>} rejects when the program cannot be started
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.show ? ["ignore", 2, 2] : ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    let interrupted = false;
    const onText = (/** @type {Buffer} */ chunk) => {
      const text = chunk.toString();
      output = (output + text).slice(-KEPT);
      options.onText?.(text);
    };
    child.stdout?.on("data", onText);
    child.stderr?.on("data", onText);
    const kill = (/** @type {NodeJS.Signals} */ signal) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // Its group has ended already.
      }
    };
    const forward = (/** @type {NodeJS.Signals} */ signal) => {
      interrupted = true;
      kill(signal);
    };
    const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
    for (const signal of signals) process.on(signal, forward);
    const done = () => {
      for (const signal of signals) process.removeListener(signal, forward);
    };
    child.once("spawn", () => options.started?.(/** @type {number} */ (child.pid), kill));
    child.once("error", (error) => {
      done();
      reject(error);
    });
    child.once("close", (code, signal) => {
      done();
      resolve({ code, signal, output, interrupted });
    });
  });
}
