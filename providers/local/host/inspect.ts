import { existsSync } from "node:fs";
import { join } from "node:path";
import { codeDigest } from "../agent/code.ts";
import type { AgentStatus } from "../agent/protocol.ts";
import { serviceDigest } from "../agent/service.ts";
import { parseAddress, reachable } from "../machine/addresses.ts";
import { readIfThere } from "../machine/files.ts";
import { connectTcp } from "../machine/sockets.ts";
import { parseCertificate } from "../x509/authority.ts";
import { notInUse } from "./acceptance.ts";
import { ask } from "./agent-client.ts";
import { type Description, launchDigest, readDescription, sha256 } from "./description.ts";
import { EnvoyAdmin } from "./envoy-admin.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { LAYOUT } from "./layout.ts";
import type { RenderedFile } from "./render.ts";
import { changedServiceFiles } from "./service-files.ts";

const CONNECT_MS = 1000;

/** What is found in a gateway's folder and around it. */
export interface Inspection {
  readonly description: Description;
  readonly bootstrap: string;
  readonly files: ReadonlyMap<string, RenderedFile>;
  readonly agent: AgentStatus | undefined;
  /** What keeps the gateway from being as described; empty when it is ready. */
  readonly problems: readonly string[];
}

/** Looks at the machine. @returns undefined when the folder is no gateway's (any more) */
export async function inspect(directory: string): Promise<Inspection | undefined> {
  const description = readDescription(directory);
  const bootstrap = readIfThere(join(directory, LAYOUT.bootstrap));
  if (description === undefined || bootstrap === undefined) return undefined;
  const files = filesOnDisk(directory, description.files);
  const reply = await ask(directory, "status");
  const agent = reply?.status;
  const problems = [
    ...diskProblems(directory, description, bootstrap, files),
    ...agentProblems(agent),
    ...(await envoyProblems(directory, description, files, agent)),
    ...(await serviceProblems(description, agent)),
    ...acmeProblems(description, agent),
  ];
  return { description, bootstrap, files, agent, problems };
}

/** `ready`, or every problem in one line. */
export const stateText = (problems: readonly string[]): string => (problems.length === 0 ? "ready" : problems.join("; "));

function diskProblems(directory: string, description: Description, bootstrap: string, files: ReadonlyMap<string, RenderedFile>): string[] {
  const missing = description.files.filter((path) => !files.has(path)).map((path) => `${path} is missing`);
  const changed = changedServiceFiles(directory, description.services).map((path) => `${path} is not as it was written`);
  const other = sha256(bootstrap) === description.launch.bootstrap ? [] : [`${LAYOUT.bootstrap} is not as it was written`];
  const program = existsSync(description.launch.envoy) ? [] : [`${description.launch.envoy} is missing`];
  return [...missing, ...changed, ...other, ...program];
}

function agentProblems(agent: AgentStatus | undefined): string[] {
  if (agent === undefined) return ["the agent does not run"];
  return agent.code === codeDigest() ? [] : ["the agent runs other code than this provider"];
}

async function envoyProblems(
  directory: string,
  { launch, listeners }: Description,
  files: ReadonlyMap<string, RenderedFile>,
  agent: AgentStatus | undefined,
): Promise<string[]> {
  const admin = new EnvoyAdmin(directory, launch.adminSocket);
  const state = await admin.serverInfo().then(
    (info) => info.state,
    () => undefined,
  );
  if (state === undefined) return [`Envoy does not run${agent?.envoy.problem === undefined ? "" : ` (${agent.envoy.problem})`}`];
  const problems = state === "LIVE" ? [] : [`Envoy is ${state}`];
  if (agent?.envoy.launch !== undefined && agent.envoy.launch !== launchDigest(launch)) problems.push("Envoy runs another bootstrap");
  const unused = await notInUse(admin, files.values()).catch(() => []);
  const stale = await staleCertificates(admin, directory, files).catch(() => []);
  problems.push(...stale.map((path) => `Envoy does not use ${path} as it is`));
  problems.push(...unused.map((path) => `Envoy does not use ${path} as it is`), ...(await closed(listeners)));
  return problems;
}

/** Certificate files whose certificate Envoy has not loaded. */
async function staleCertificates(admin: EnvoyAdmin, directory: string, files: ReadonlyMap<string, RenderedFile>): Promise<string[]> {
  const serials = new Map<string, string[]>();
  for (const { path, serial } of await admin.certificates()) {
    const relative = path.replace(`${directory}/`, "");
    serials.set(relative, [...(serials.get(relative) ?? []), plainSerial(serial)]);
  }
  return [...serials].flatMap(([path, loaded]) => {
    const certificate = parseCertificate(files.get(path)?.content ?? "");
    return certificate === undefined || loaded.includes(plainSerial(certificate.serialNumber)) ? [] : [path];
  });
}

const plainSerial = (hex: string) => hex.toLowerCase().replace(/^0+/, "");

async function serviceProblems({ services }: Description, agent: AgentStatus | undefined): Promise<string[]> {
  const problems = Object.entries(services).map(async ([name, service]) => {
    const status = agent?.services[name];
    if (agent !== undefined && status?.pid === undefined)
      return [`service ${name} does not run${status?.problem === undefined ? "" : ` (${status.problem})`}`];
    if (status?.digest !== undefined && status.digest !== serviceDigest(service)) return [`service ${name} runs as it was before`];
    return (await accepts("127.0.0.1", service.port)) ? [] : [`service ${name} does not accept connections on port ${service.port}`];
  });
  return (await Promise.all(problems)).flat();
}

function acmeProblems({ acme }: Description, agent: AgentStatus | undefined): string[] {
  if (acme === undefined || agent === undefined) return [];
  const { notAfter, issue, problem } = agent.acme ?? {};
  if (notAfter !== undefined && issue === acme.issue) return [];
  const which = notAfter === undefined ? "no certificate" : "no new certificate";
  return [`${which} for ${acme.names.join(", ")} yet${problem === undefined ? "" : ` (${problem})`}`];
}

async function closed(listeners: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    listeners.map(async (listener) => {
      const address = parseAddress(listener);
      return address !== undefined && (await accepts(reachable(address.host), address.port))
        ? []
        : [`${listener} does not accept connections`];
    }),
  );
  return answers.flat();
}

/** True when something accepts connections there. */
function accepts(host: string, port: number): Promise<boolean> {
  return connectTcp(host, port, CONNECT_MS).then(
    (socket) => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}
