import { join } from "node:path";
import { findEnvoy } from "../../../tools/setup/envoy.ts";
import { servedChain } from "../host/acme.ts";
import { applyHost } from "../host/apply.ts";
import { inFolder, requireUnclaimed } from "../host/folder.ts";
import { checkHost, type HostInputs, type HostOutputs, hostInputs, hostOutputs } from "../host/inputs.ts";
import { type Inspection, inspect, stateText } from "../host/inspect.ts";
import { LAYOUT } from "../host/layout.ts";
import { removeFolder, removeHost } from "../host/remove.ts";
import { canonicalJson, configurationDigest, renderFiles } from "../host/render.ts";
import { listFolder, readIfThere } from "../machine/files.ts";
import { hasUnknown } from "../rpc/values.ts";
import { changedInputs } from "./differences.ts";
import { propertyText } from "./inputs.ts";
import { type Difference, ResourceError, type ResourceKind } from "./kind.ts";

/**
 * Folders in which this process has created a gateway. After a replacement that failed halfway the engine creates the gateway again and only then deletes
 * the one before, whose folder may be the same by now: it belongs to the successor, and nothing of the one before is left.
 */
const createdHere = new Set<string>();

export const host: ResourceKind<HostInputs, HostOutputs> = {
  token: "localgateway:index:Host",
  description: "The processes of one gateway on this host: Envoy, the services declared next to it, and the agent that watches over them.",
  inputs: hostInputs,
  outputs: hostOutputs,
  secretInputs: [["files"], ["services", "*", "files"]],
  secretOutputs: [],
  omitFromState: ["files", "bootstrap", "services"],
  check: checkHost,

  async diff(_id, before, wanted) {
    if (before.inputs.directory !== wanted.directory) return { changes: { directory: "replace" }, deleteBeforeReplace: true };
    const changes: Record<string, Difference["changes"][string]> = differences(before.inputs, wanted);
    const found = await inspect(wanted.directory);
    const envoy = await findEnvoy();
    if (found === undefined || found.problems.length > 0 || before.outputs.state !== "ready") changes.state = "output";
    if (found && envoy && envoy.command !== found.description.launch.envoy) changes.state = "output";
    if (found && liveDigest(found) !== before.outputs.liveDigest) changes.liveDigest = "output";
    // The agent has renewed it meanwhile.
    if (found && certificateOf(found, wanted.directory) !== (before.outputs.certificatePem ?? "")) changes.certificatePem = "output";
    return { changes };
  },

  async create(wanted, operation) {
    const { directory } = wanted;
    const outputs = await inFolder(directory, operation, async () => {
      requireUnclaimed(directory, operation.urn);
      try {
        return await applyHost(wanted, operation);
      } catch (error) {
        await removeHost(directory, operation, true);
        throw error;
      }
    }).catch((error) => {
      removeFolder(directory);
      throw error;
    });
    createdHere.add(directory);
    return { id: directory, outputs };
  },

  update: (_id, _before, wanted, operation) => inFolder(wanted.directory, operation, () => applyHost(wanted, operation)),

  async refresh(id, before) {
    const found = await inspect(id);
    if (found === undefined) return undefined;
    return { inputs: inputsOf(id, found, before.inputs), outputs: outputsOf(id, found) };
  },

  async import(id) {
    const found = await inspect(id);
    if (found === undefined) throw new ResourceError(`${id} is not the folder of a gateway: give the absolute path of one as the id`);
    return { id, inputs: inputsOf(id, found), outputs: outputsOf(id, found) };
  },

  async delete(id, _before, operation) {
    if (createdHere.has(id)) return;
    await inFolder(id, operation, () => removeHost(id, operation));
    removeFolder(id);
  },
};

/** Inputs that differ; files and bootstrap are compared by what they say. */
function differences(before: HostInputs, wanted: HostInputs): Record<string, "input"> {
  const plain = ["writeOrder", "workers", "adminSocket", "listeners", "drainMs", "services", "quotas", "logRetentionDays", "acme"] as const;
  const changes = changedInputs(before, wanted, plain);
  if (hasUnknown(wanted.bootstrap) || canonicalJson(before.bootstrap) !== canonicalJson(wanted.bootstrap)) changes.bootstrap = "input";
  if (hasUnknown(wanted.files)) return { ...changes, files: "input" };
  const [old, next] = [renderFiles(before.files), renderFiles(wanted.files)];
  for (const path of new Set([...old.keys(), ...next.keys()])) {
    if (old.get(path)?.content !== next.get(path)?.content) changes[propertyText(["files", path])] = "input";
  }
  return changes;
}

const outputsOf = (directory: string, found: Inspection): HostOutputs => ({
  liveDigest: liveDigest(found),
  state: stateText(found.problems),
  certificatePem: certificateOf(found, directory),
});

const certificateOf = ({ description }: Inspection, directory: string): string =>
  description.acme === undefined ? "" : servedChain(directory);

const liveDigest = ({ description, bootstrap, files }: Inspection): string =>
  configurationDigest(bootstrap, files, description.launch.workers, description.launch.drainMs);

/** Inputs as the machine has them. @param before spellings to keep where the machine says the same */
function inputsOf(directory: string, { description, bootstrap, files }: Inspection, before?: HostInputs): HostInputs {
  const { launch, listeners, quotas, logRetentionDays } = description;
  const known = before ? renderFiles(before.files) : undefined;
  const services = Object.entries(description.services).map(([name, service]) => {
    const folder = join(directory, LAYOUT.serviceFiles(name));
    const contents = listFolder(folder).map((file) => [file, readIfThere(join(folder, file)) ?? ""]);
    return [name, { ...service, command: [...service.command], files: Object.fromEntries(contents) as Record<string, string> }] as const;
  });
  return {
    directory,
    bootstrap: before && canonicalJson(before.bootstrap) === canonicalJson(bootstrap) ? before.bootstrap : bootstrap,
    files: Object.fromEntries(
      [...files.values()].map(({ path, content }) => [
        path,
        known?.get(path)?.content === content ? (before?.files[path] ?? content) : content,
      ]),
    ),
    writeOrder: [...description.files],
    workers: launch.workers,
    adminSocket: launch.adminSocket,
    listeners: [...listeners],
    drainMs: launch.drainMs,
    services: Object.fromEntries(services) as HostInputs["services"],
    quotas: [...quotas],
    logRetentionDays,
    ...(description.acme === undefined ? {} : { acme: { ...description.acme } }),
  };
}
