import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../tools/setup/packages.mjs";
import { isRecord, type Project } from "./project.ts";
import { stateBackend } from "./state.ts";

/** A provider the engine runs as a program of its own. */
export interface ProviderPlugin {
  readonly name: string;
  readonly version: string;
  /** What installs it: a command line for a shell. */
  readonly install: string;
}

/**
 * Providers of the clouds that the engine would fetch in the middle of the first operation that needs them, hundreds of megabytes each.
 *
 * @param code folder with the package.json whose dependencies name the providers
 */
export function missingPlugins(project: Project, code: string, env: NodeJS.ProcessEnv = process.env): ProviderPlugin[] {
  const ownHome = env.PULUMI_HOME ? undefined : stateBackend(project).kind === "file" ? join(cacheFolder(), "pulumi-home") : undefined;
  const home = env.PULUMI_HOME || (ownHome ?? join(homedir(), ".pulumi"));
  const given = givenByPath(project);
  return providersOf(code).flatMap(({ name, version, server }) => {
    // The engine's own layout: a folder for each version, and a file beside it while that is not complete.
    const folder = join(home, "plugins", `resource-${name}-v${version}`);
    if (given.has(name) || (existsSync(folder) && !existsSync(`${folder}.partial`))) return [];
    const install = [
      ...(ownHome === undefined ? [] : [`PULUMI_HOME='${ownHome}'`]),
      `pulumi plugin install resource ${name} ${version}`,
      ...(server === undefined ? [] : [`--server ${server}`]),
    ].join(" ");
    return [{ name, version, install }];
  });
}

/** Providers Pulumi.yaml gives by a path of their own. */
function givenByPath({ settings }: Project): Set<string> {
  const { plugins } = settings;
  const providers: unknown[] = isRecord(plugins) && Array.isArray(plugins.providers) ? plugins.providers : [];
  return new Set(providers.flatMap((entry) => (isRecord(entry) && typeof entry.name === "string" ? [entry.name] : [])));
}

/** Every SDK says in its package.json which provider, of which version, it speaks to. */
function providersOf(code: string): { readonly name: string; readonly version: string; readonly server: string | undefined }[] {
  const { dependencies = {} } = packageOf(code) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies).flatMap((dependency) => {
    const { pulumi } = packageOf(join(code, "node_modules", dependency));
    if (!isRecord(pulumi) || pulumi.resource !== true || typeof pulumi.name !== "string" || typeof pulumi.version !== "string") return [];
    return [{ name: pulumi.name, version: pulumi.version, server: typeof pulumi.server === "string" ? pulumi.server : undefined }];
  });
}

function packageOf(folder: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}
