import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { cacheFolder } from "../tools/setup/packages.mjs";
import { OperationError } from "./errors.ts";
import type { Project } from "./project.ts";

/** Where a project's state lives. */
export interface StateBackend {
  /** As the engine takes it; paths absolute. */
  readonly url: string;
  /** `file` and `bucket` states carry their own secrets manager; a `service` keeps secrets for the project. */
  readonly kind: "file" | "bucket" | "service";
  /** Folder of a `file` state inside this checkout, undefined for any other. */
  readonly ownFolder: string | undefined;
}

/**
 * Finds the state: PULUMI_BACKEND_URL, else `backend.url` of Pulumi.yaml, else a folder of this checkout.
 * A relative file URL in the environment counts from the current folder, one in Pulumi.yaml from the project.
 */
export function stateBackend(project: Project, env: NodeJS.ProcessEnv = process.env): StateBackend {
  const chosen = env.PULUMI_BACKEND_URL
    ? { url: env.PULUMI_BACKEND_URL, base: process.cwd() }
    : { url: project.backendUrl, base: project.root };
  const url = chosen.url ?? "file://.gateway/state?create_dir=true";
  if (/^https?:/.test(url)) return { url, kind: "service", ownFolder: undefined };
  if (!url.startsWith("file://")) return { url, kind: "bucket", ownFolder: undefined };

  const [path = "", query] = url.slice("file://".length).split("?", 2);
  if (path.startsWith("~")) return { url, kind: "file", ownFolder: undefined };
  const folder = isAbsolute(path) ? path : resolve(chosen.base, path);
  return {
    url: `file://${folder}${query === undefined ? "" : `?${query}`}`,
    kind: "file",
    ownFolder: folder.startsWith(project.privateFolder + sep) ? folder : undefined,
  };
}

/**
 * Environment of the engine for this state. Keys of the user's own environment are never overridden.
 *
 * The passphrase of a state inside this checkout is generated once and kept beside it, readable by its owner only. Any other file or bucket state
 * may be shared, so its passphrase has to come from outside.
 *
 * @throws OperationError (`secrets`) when a passphrase is needed and there is none.
 */
export function engineEnvironment(
  project: Project,
  backend: StateBackend,
  secretsProvider: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  if (backend.ownFolder !== undefined) mkdirSync(backend.ownFolder, { recursive: true, mode: 0o700 });
  return {
    PULUMI_BACKEND_URL: backend.url,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(env.PULUMI_HOME || backend.kind !== "file" ? {} : { PULUMI_HOME: join(cacheFolder(), "pulumi-home") }),
    ...passphrase(project, backend, secretsProvider, env),
  };
}

function passphrase(
  project: Project,
  backend: StateBackend,
  secretsProvider: string | undefined,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const usesPassphrase = secretsProvider === undefined || secretsProvider === "passphrase" || secretsProvider === "default";
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE) return {};
  if (backend.kind === "service" || !usesPassphrase) return {};
  if (backend.ownFolder === undefined) {
    throw new OperationError(
      "secrets",
      `The state at ${withoutCredentials(backend.url)} is protected by a passphrase, and there is none`,
      "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or name a key service in the stack file's `secretsprovider`",
    );
  }
  const file = join(project.privateFolder, "passphrase");
  createOnce(file);
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}

/** Writes a new passphrase unless there is one; of two processes at once, one wins and both read the same. */
function createOnce(file: string): void {
  try {
    if (readFileSync(file, "utf8").trim() !== "") return;
    throw new OperationError("secrets", `${file} is empty`, "restore it, or delete it together with the state it protected");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A backend's address without what may be a secret in it: user, password and query. */
export const withoutCredentials = (url: string) => url.replace(/\?.*$/, "").replace(/\/\/[^/@]*@/, "//");
