import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { identify } from "../machine/processes.ts";
import { adopt, type StartOptions, type Watched } from "./watched.ts";

/**
 * Says on descriptor 4 which process will become the program, and ends. That process waits for a word on descriptor 3 and becomes the program then, or ends
 * when nobody is left to say it.
 */
const LAUNCHER = '{ exec 4>&-; read -r go <&3 && exec 3<&- && exec "$@"; } & echo $! >&4';

/**
 * Starts a process that is nobody's child, in a session of its own.
 *
 * On Linux Envoy asks the kernel for SIGTERM at the end of its parent (PR_SET_PDEATHSIG), so as the agent's child it would end with the agent. It is
 * therefore given its start only when the process between the two has ended.
 *
 * @throws Error when it cannot be started
 */
export async function startApart({ command, args, cwd, env, log }: StartOptions): Promise<Watched> {
  const output = openSync(log, "a", 0o600);
  try {
    const stdio = ["ignore", output, output, "pipe", "pipe"] as const;
    const launcher = spawn("/bin/sh", ["-c", LAUNCHER, "sh", command, ...args], { cwd, env, detached: true, stdio: [...stdio] });
    const word = launcher.stdio[3] as Writable;
    word.on("error", () => {});
    const [told] = await Promise.all([text(launcher.stdio[4] as Readable), once(launcher, "exit")]);
    const pid = Number(told);
    const identity = Number.isInteger(pid) && pid > 0 ? identify(pid) : undefined;
    if (identity === undefined) throw new Error(`/bin/sh could not start ${command}`);
    word.end("go\n");
    return adopt(identity);
  } finally {
    closeSync(output);
  }
}
