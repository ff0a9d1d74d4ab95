import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { nameOfUrn } from "../components/urn.ts";
import type { DeployedResource, Deployment } from "./plan/review/deployed.ts";
import type { Project } from "./project.ts";
import { stateBackend } from "./state.ts";

interface StateResource {
  readonly urn?: string;
  readonly type?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  /** A resource that is going to be deleted because another one has taken its place. */
  readonly delete?: boolean;
}

/**
 * What is deployed of a stack, as its state says; neither the engine nor the cloud is asked. Only states in files can be read that way.
 *
 * @returns undefined when the state is elsewhere, there is none, or it cannot be read.
 */
export function deploymentOf(project: Project, stack: string, env: NodeJS.ProcessEnv = process.env): Deployment | undefined {
  const { url, kind } = stateBackend(project, env);
  if (kind !== "file" || url.startsWith("file://~")) return undefined;
  const folder = join(url.slice("file://".length).split("?", 1)[0] ?? "", ".pulumi", "stacks", project.name);
  const state = readState(join(folder, `${stack}.json`)) ?? readState(join(folder, `${stack}.json.gz`));
  const latest = (state as { checkpoint?: { latest?: { manifest?: { time?: string }; resources?: StateResource[] } } } | undefined)
    ?.checkpoint?.latest;
  const all = (latest?.resources ?? []).filter((resource) => resource.delete !== true);
  const resources = all.flatMap(resourceOf);
  if (resources.length === 0) return undefined;
  const controls = all.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.controls;
  return {
    at: latest?.manifest?.time ?? "",
    resources,
    controls: Array.isArray(controls) ? (controls as Deployment["controls"]) : undefined,
  };
}

/** The engine's own entries, the stack and its providers, are no resources of a plan. */
function resourceOf({ type = "", urn = "", inputs = {} }: StateResource): DeployedResource[] {
  return type === "" || type.startsWith("pulumi:") ? [] : [{ type, name: nameOfUrn(urn), inputs }];
}

function readState(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    const bytes = readFileSync(file);
    return JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
