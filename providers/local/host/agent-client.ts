import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeDigest } from "../agent/code.ts";
import { plainEnvironment } from "../agent/environment.ts";
import { type AgentStatus, agentArgument, type Command, type Reply } from "../agent/protocol.ts";
import { makeFolder } from "../machine/files.ts";
import { hasEnded, terminate, withArgument } from "../machine/processes.ts";
import { connectUnix } from "../machine/sockets.ts";
import { ResourceError } from "../resources/kind.ts";
import { LAYOUT } from "./layout.ts";

const START_MS = 10_000;
const END_MS = 5000;

/** Asks the agent of a folder. @returns undefined when none answers */
export async function ask(directory: string, command: Command): Promise<Reply | undefined> {
  try {
    const socket = await connectUnix(directory, LAYOUT.agentSocket);
    socket.setEncoding("utf8");
    socket.end(`${command}\n`);
    let text = "";
    for await (const chunk of socket) text += chunk;
    return JSON.parse(text) as Reply;
  } catch {
    return undefined;
  }
}

/** Has the agent carry out the folder's description. @throws ResourceError with its reason when it cannot */
export async function converge(directory: string): Promise<AgentStatus> {
  const reply = await ask(directory, "converge");
  if (reply === undefined) throw new ResourceError(`The agent of ${directory} does not answer; its log is logs/agent.log in that folder`);
  if ("error" in reply) throw new ResourceError(reply.error);
  return reply.status;
}

/** Starts the agent of a folder unless it runs; one of other code gives way to one of this code, and Envoy and the services run on. */
export async function ensureAgent(directory: string, signal: AbortSignal): Promise<void> {
  const reply = await ask(directory, "status");
  if (reply?.status.code === codeDigest()) return;
  if (reply !== undefined) await ask(directory, "release");
  // One that does not answer, or whose folder was removed and made anew.
  for (const old of withArgument(agentArgument(directory))) if (!(await hasEnded(old, 1000))) await terminate(old, END_MS);
  startAgent(directory);
  const until = Date.now() + START_MS;
  while ((await ask(directory, "status")) === undefined) {
    signal.throwIfAborted();
    if (Date.now() > until)
      throw new ResourceError(`The agent did not start within ${START_MS / 1000} s; its log is logs/agent.log in ${directory}`);
    await sleep(20);
  }
}

function startAgent(directory: string): void {
  makeFolder(join(directory, LAYOUT.run));
  makeFolder(join(directory, LAYOUT.logs));
  const log = openSync(join(directory, LAYOUT.agentLog), "a", 0o600);
  const main = join(import.meta.dirname, "..", "agent", "main.ts");
  const child = spawn(process.execPath, [main, agentArgument(directory)], {
    cwd: directory,
    env: plainEnvironment(),
    detached: true,
    stdio: ["ignore", log, log],
  });
  child.on("error", () => {});
  child.unref();
  closeSync(log);
}
