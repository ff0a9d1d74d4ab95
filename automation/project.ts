import { readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";
import { OperationError } from "./errors.ts";

/** A Pulumi project on disk: what its Pulumi.yaml says, and where its pieces lie. */
export interface Project {
  /** Absolute folder of Pulumi.yaml. */
  readonly root: string;
  readonly name: string;
  /** Pulumi.yaml as it was read. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Absolute folder of the stack files. */
  readonly stackFolder: string;
  /** `backend.url` of Pulumi.yaml. */
  readonly backendUrl: string | undefined;
  /** Absolute folder for everything a checkout keeps for itself: state, work folders, locks. Not in version control. */
  readonly privateFolder: string;
}

/** Reads a project. @throws OperationError (`state`) when there is no usable Pulumi.yaml. */
export function openProject(root: string): Project {
  const file = join(root, "Pulumi.yaml");
  let settings: unknown;
  try {
    settings = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new OperationError(
      "state",
      `${file} cannot be read: ${(error as Error).message.split("\n")[0]}`,
      "run this inside a checkout of the project",
    );
  }
  if (!isRecord(settings) || typeof settings.name !== "string")
    throw new OperationError("state", `${file} has no name`, "give the project a name");
  const backend = isRecord(settings.backend) && typeof settings.backend.url === "string" ? settings.backend.url : undefined;
  const stackFolder = typeof settings.stackConfigDir === "string" ? settings.stackConfigDir : ".";
  return {
    root: resolve(root),
    name: settings.name,
    settings,
    stackFolder: resolve(root, stackFolder),
    backendUrl: backend,
    privateFolder: join(resolve(root), ".gateway"),
  };
}

/** Names of the stacks that have a file, sorted. */
export function stackNames(project: Project): string[] {
  try {
    return readdirSync(project.stackFolder)
      .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
      .sort();
  } catch {
    return [];
  }
}

/**
 * The project's settings with every path made absolute, so that the engine can run in another folder.
 * State and stack files are given to the engine by other means.
 */
export function relocatedSettings(project: Project): Record<string, unknown> {
  const { main: _main, stackConfigDir: _stacks, backend: _backend, ...rest } = project.settings;
  return { ...rest, ...(isRecord(rest.plugins) ? { plugins: withAbsolutePaths(rest.plugins, project.root) } : {}) };
}

/** `plugins.{providers,languages,analyzers}[].path` */
function withAbsolutePaths(plugins: Record<string, unknown>, root: string): Record<string, unknown> {
  const absolute = (plugin: unknown) =>
    isRecord(plugin) && typeof plugin.path === "string" && !isAbsolute(plugin.path)
      ? { ...plugin, path: resolve(root, plugin.path) }
      : plugin;
  return Object.fromEntries(Object.entries(plugins).map(([kind, list]) => [kind, Array.isArray(list) ? list.map(absolute) : list]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
