import { rmSync } from "node:fs";
import { join } from "node:path";
import { drainAndEnd } from "../agent/envoy-drain.ts";
import { envoyArgument, readEnvoyRecord, removeHotRestartState } from "../agent/envoy-record.ts";
import { agentArgument } from "../agent/protocol.ts";
import { FILES_VARIABLE } from "../agent/service.ts";
import { listFolder, removeIfEmpty } from "../machine/files.ts";
import { hasEnded, isAlive, type ProcessIdentity, terminate, withArgument, withVariable } from "../machine/processes.ts";
import type { Operation } from "../resources/kind.ts";
import { ask } from "./agent-client.ts";
import { readClaim, readDescription } from "./description.ts";
import { EnvoyAdmin } from "./envoy-admin.ts";
import { LAYOUT } from "./layout.ts";
import { FileWriter } from "./write-files.ts";

const END_MS = 5000;

/**
 * Ends every process of a gateway, open requests first, and removes every file of it. The caller holds the folder's lock.
 *
 * @param keepAccounts leave the accounts at ACME authorities, and until when these do not want to be asked: for another try
 */
export async function removeHost(directory: string, operation: Operation, keepAccounts = false): Promise<void> {
  await stopProcesses(directory);
  removeFiles(directory);
  if (keepAccounts) forgetCertificates(directory);
  else rmSync(join(directory, LAYOUT.acme), { recursive: true, force: true });
  const left = listFolder(directory).filter((name) => name !== LAYOUT.run && name !== LAYOUT.acme);
  if (left.length > 0) operation.log("warning", `${directory} stays: it holds files that are not the gateway's, such as ${left[0]}`);
}

/** Removes the folder itself; call when the lock in it is released. */
export function removeFolder(directory: string): void {
  removeIfEmpty(join(directory, LAYOUT.run));
  removeIfEmpty(directory);
}

/** Ends the agent, Envoy and the services, also those no agent looks after. */
async function stopProcesses(directory: string): Promise<void> {
  const agents = withArgument(agentArgument(directory));
  if ((await ask(directory, "stop")) !== undefined) await Promise.all(agents.map((agent) => hasEnded(agent, END_MS)));
  await Promise.all(agents.filter(isAlive).map((agent) => terminate(agent, END_MS)));
  const description = readDescription(directory);
  const { current, older, dead } = readEnvoyRecord(directory);
  if (current?.process && description) {
    await drainAndEnd(current.process, new EnvoyAdmin(directory, description.launch.adminSocket), description.launch.drainMs);
  }
  const names = new Set([...Object.keys(description?.services ?? {}), ...listFolder(join(directory, LAYOUT.services))]);
  const services = [...names].flatMap((name) => withVariable(FILES_VARIABLE, join(directory, LAYOUT.serviceFiles(name))));
  await Promise.all([...withArgument(envoyArgument(directory)), ...services].map((process: ProcessIdentity) => terminate(process, END_MS)));
  for (const instance of [...(current ? [current] : []), ...older, ...dead]) removeHotRestartState(directory, instance);
}

/** Removes what the host and the program have put there, and nothing else. */
function removeFiles(directory: string): void {
  const files = readClaim(directory)?.files ?? [];
  new FileWriter(directory, new Map(), undefined, new AbortController().signal).remove([...files].reverse());
  for (const folder of [LAYOUT.logs, LAYOUT.services, LAYOUT.quotas]) rmSync(join(directory, folder), { recursive: true, force: true });
  for (const name of listFolder(join(directory, LAYOUT.run))) {
    if (join(LAYOUT.run, name) !== LAYOUT.lock) rmSync(join(directory, LAYOUT.run, name), { recursive: true, force: true });
  }
  for (const file of [LAYOUT.bootstrap, LAYOUT.description, LAYOUT.claim]) rmSync(join(directory, file), { force: true });
}

function forgetCertificates(directory: string): void {
  const kept = (name: string) => join(LAYOUT.acme, name) === LAYOUT.acmeProgress || name.startsWith("account-");
  for (const name of listFolder(join(directory, LAYOUT.acme))) if (!kept(name)) rmSync(join(directory, LAYOUT.acme, name), { force: true });
  removeIfEmpty(join(directory, LAYOUT.acme));
}
