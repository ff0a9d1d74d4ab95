/** Entry of the agent: `node main.ts --directory=<folder of a gateway>`. */
import { enableCompileCache } from "node:module";
import { cacheFolder } from "../../../tools/setup/packages.mjs";

enableCompileCache(process.env.NODE_COMPILE_CACHE ?? `${cacheFolder()}/compile`);
process.umask(0o077);

const directory = process.argv[2]?.replace(/^--directory=/, "");
if (directory === undefined) throw new Error("The agent needs --directory=<folder of a gateway>");
// Socket paths are relative: they may be at most about a hundred bytes long.
process.chdir(directory);

const { tryLock } = await import("../../../tools/setup/lock.mjs");
const { LAYOUT } = await import("../host/layout.ts");
const { makeFolder } = await import("../machine/files.ts");
const { Agent, removeSockets } = await import("./agent.ts");
const { serveControl } = await import("./control.ts");

for (const folder of [LAYOUT.run, LAYOUT.logs]) makeFolder(folder);
const lock = tryLock(LAYOUT.agentLock, "running the gateway");
if ("owner" in lock) {
  process.stdout.write(`process ${lock.owner.pid} is the agent of this folder already\n`);
  process.exit(0);
}

const agent = new Agent(directory, () => {
  removeSockets();
  lock.release();
  process.exit(0);
});
// A signal from outside, as at the end of a session: the gateway goes on, the next agent takes over.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void agent.answer("release"));
const beginning = agent.begin();
await serveControl(LAYOUT.agentSocket, (command) => agent.answer(command));
await beginning;
