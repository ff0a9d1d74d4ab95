import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureEnvoy } from "../../../tools/setup/envoy.ts";
import { envoyArgument } from "../agent/envoy-record.ts";
import { FILES_VARIABLE } from "../agent/service.ts";
import { readIfThere, writeAtomic } from "../machine/files.ts";
import { withArgument, withVariable } from "../machine/processes.ts";
import { connectTcp } from "../machine/sockets.ts";
import { type Operation, ResourceError } from "../resources/kind.ts";
import { prepareSecret, servedChain } from "./acme.ts";
import { ask, converge, ensureAgent } from "./agent-client.ts";
import { type Description, readClaim, readDescription, sha256, writeClaim, writeDescription } from "./description.ts";
import { EnvoyAdmin } from "./envoy-admin.ts";
import { logSize } from "./envoy-log.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import type { HostInputs, HostOutputs } from "./inputs.ts";
import { stateText } from "./inspect.ts";
import { LAYOUT } from "./layout.ts";
import { addressesOf, requireFree } from "./ports.ts";
import { untilReady } from "./ready.ts";
import { canonicalJson, configurationDigest, type RenderedFile, renderFiles } from "./render.ts";
import { untilCertificatesShown } from "./service-certificates.ts";
import { describeServices, removeServiceFiles, writeServiceFiles } from "./service-files.ts";
import { restore, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { validate } from "./validate.ts";
import { FileWriter, removeLeftovers } from "./write-files.ts";

const PROJECT = join(import.meta.dirname, "..", "..", "..");

/**
 * Makes a gateway be as wanted, whatever is there: nothing, another configuration, the remains of a killed `up`. The caller holds the
 * folder's lock. When it fails, a gateway that ran before goes on as it was.
 *
 * @throws ResourceError
 */
export async function applyHost(wanted: HostInputs, operation: Operation): Promise<HostOutputs> {
  const { directory } = wanted;
  const { command: envoy } = await ensureEnvoy(PROJECT).catch((error: Error) => {
    throw new ResourceError(error.message);
  });
  const target = { ...wanted, bootstrap: canonicalJson(wanted.bootstrap) };
  const files = renderFiles(wanted.files);
  const before = readDescription(directory);
  const bootstrapBefore = readIfThere(join(directory, LAYOUT.bootstrap));
  const touched = [...new Set([...wanted.writeOrder, ...(readClaim(directory)?.files ?? [])])];
  const disk = filesOnDisk(directory, touched);
  const description = describe(target, envoy);
  if (wanted.acme !== undefined) await prepareSecret(directory, wanted.acme);
  removeLeftovers(directory, touched);
  if (!sameContent(disk, files) || bootstrapBefore !== target.bootstrap)
    await validate(envoy, directory, target.bootstrap, withSecret(directory, wanted, files), operation.signal);
  await requireFree(addressesOf(wanted), ownProcesses(directory, description, before));
  writeClaim(directory, { urn: operation.urn, files: touched });

  const change = { target, files, disk, description, operation };
  const log = logSize(directory);
  if (before === undefined || bootstrapBefore === undefined) await begin(change);
  else {
    const snapshot = takeSnapshot(directory, before, bootstrapBefore);
    await ensureAgent(directory, operation.signal);
    await exchange(change, snapshot, log).catch(async (error) => {
      await restore(directory, snapshot, touched, await runningAdmin(directory, before));
      throw error;
    });
  }
  new FileWriter(directory, disk, undefined, operation.signal).remove(touched.filter((path) => !files.has(path)).reverse());
  removeServiceFiles(directory, wanted.services);
  writeClaim(directory, { urn: operation.urn, files: wanted.writeOrder });
  return {
    liveDigest: configurationDigest(target.bootstrap, files, wanted.workers, wanted.drainMs),
    state: stateText([]),
    certificatePem: wanted.acme === undefined ? "" : servedChain(directory),
  };
}

/** The files that Envoy judges: those of the program and, where the agent writes the certificate, what it serves now. */
function withSecret(directory: string, { acme }: HostInputs, files: ReadonlyMap<string, RenderedFile>): ReadonlyMap<string, RenderedFile> {
  return acme === undefined ? files : new Map([...files, ...filesOnDisk(directory, [LAYOUT.acmeSecret])]);
}

interface Change {
  readonly target: HostInputs;
  readonly files: ReadonlyMap<string, RenderedFile>;
  readonly disk: ReadonlyMap<string, RenderedFile>;
  readonly description: Description;
  readonly operation: Operation;
}

/** Nothing ran before: everything is written, then started. */
async function begin({ target, files, disk, description, operation }: Change): Promise<void> {
  const { directory } = target;
  const log = logSize(directory);
  writeServiceFiles(directory, target.services);
  await new FileWriter(directory, disk, undefined, operation.signal).write(files, target.writeOrder);
  writeAtomic(join(directory, LAYOUT.bootstrap), target.bootstrap);
  writeDescription(directory, description);
  await ensureAgent(directory, operation.signal);
  await converge(directory);
  await finish(target, description, log, operation.signal);
}

/** Goes from what runs to what is wanted without a gap: services first, then what Envoy watches, then Envoy itself. */
async function exchange({ target, files, disk, description, operation }: Change, before: Snapshot, log: number): Promise<void> {
  const { directory } = target;
  const { signal } = operation;
  const newBootstrap = before.bootstrap !== target.bootstrap;
  await startServices(target, description, before.description, signal);
  const admin = await runningAdmin(directory, before.description);
  await new FileWriter(directory, disk, admin, signal).write(files, target.writeOrder, newBootstrap);
  if (newBootstrap) writeAtomic(join(directory, LAYOUT.bootstrap), target.bootstrap);
  writeDescription(directory, description);
  await converge(directory);
  await finish(target, description, log, signal);
}

/** Waits until all is as described, and makes sure that nobody else has come to share the ports meanwhile. */
async function finish(target: HostInputs, description: Description, log: number, signal: AbortSignal): Promise<void> {
  if (target.acme !== undefined) await ask(target.directory, "renew");
  await untilReady(target.directory, { log }, signal);
  await requireFree(addressesOf(target), ownProcesses(target.directory, description));
}

function describe(wanted: HostInputs, envoy: string): Description {
  return {
    format: 1,
    launch: {
      envoy,
      bootstrap: sha256(wanted.bootstrap),
      workers: wanted.workers,
      drainMs: wanted.drainMs,
      adminSocket: wanted.adminSocket,
    },
    files: wanted.writeOrder,
    listeners: wanted.listeners,
    services: describeServices(wanted.services),
    quotas: wanted.quotas,
    logRetentionDays: wanted.logRetentionDays,
    ...(wanted.acme === undefined ? {} : { acme: wanted.acme }),
  };
}

/** Starts new services and those that changed, and waits for them, before Envoy sends them anything; those that go run on for now. */
async function startServices(wanted: HostInputs, description: Description, before: Description, signal: AbortSignal): Promise<void> {
  writeServiceFiles(wanted.directory, wanted.services);
  writeDescription(wanted.directory, { ...before, services: { ...before.services, ...description.services } });
  await converge(wanted.directory).catch(() => {
    // An Envoy that did not start before may start with what comes now.
  });
  await Promise.all(Object.values(wanted.services).map(({ port }) => untilAccepts(port, signal)));
  await untilCertificatesShown(wanted.services, before, signal);
}

const SERVICE_MS = 30_000;

/** Waits a while for a service; if it never accepts connections, the final look at the gateway says so. */
async function untilAccepts(port: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + SERVICE_MS;
  while (Date.now() < until) {
    signal.throwIfAborted();
    const socket = await connectTcp("127.0.0.1", port, 1000).catch(() => undefined);
    socket?.destroy();
    if (socket) return;
    await sleep(25);
  }
}

/** The administration interface of the Envoy that runs; undefined when none does. */
async function runningAdmin(directory: string, { launch }: Description): Promise<EnvoyAdmin | undefined> {
  const admin = new EnvoyAdmin(directory, launch.adminSocket);
  return admin.serverInfo().then(
    () => admin,
    () => undefined,
  );
}

/** Processes of this gateway, whether or not an agent looks after them. */
function ownProcesses(directory: string, ...descriptions: readonly (Description | undefined)[]): Set<number> {
  const services = new Set(descriptions.flatMap((description) => Object.keys(description?.services ?? {})));
  const running = [...services].flatMap((name) => withVariable(FILES_VARIABLE, join(directory, LAYOUT.serviceFiles(name))));
  return new Set([...withArgument(envoyArgument(directory)), ...running].map(({ pid }) => pid));
}

const sameContent = (one: ReadonlyMap<string, RenderedFile>, other: ReadonlyMap<string, RenderedFile>): boolean =>
  one.size === other.size && [...one.values()].every(({ path, content }) => other.get(path)?.content === content);
