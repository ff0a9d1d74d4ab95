import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { plainEnvironment } from "../agent/environment.ts";
import { listFolder, makeFolder, writeAtomic } from "../machine/files.ts";
import { ResourceError } from "../resources/kind.ts";
import { inlineDiscovery } from "./inline-discovery.ts";
import { LAYOUT } from "./layout.ts";
import { reasonOf } from "./reason.ts";
import type { RenderedFile } from "./render.ts";

const VALIDATE_MS = 60_000;
const PREFIX = "check-";

/**
 * Has Envoy judge a configuration before anything changes: bootstrap and discovery files as one, in a copy of the folder.
 *
 * @throws ResourceError with Envoy's reason
 */
export async function validate(
  envoy: string,
  directory: string,
  bootstrap: string,
  files: ReadonlyMap<string, RenderedFile>,
  signal: AbortSignal,
): Promise<void> {
  for (const left of listFolder(join(directory, LAYOUT.run)).filter((name) => name.startsWith(PREFIX)))
    removeTree(join(directory, LAYOUT.run, left));
  const copy = join(directory, LAYOUT.run, PREFIX + randomBytes(6).toString("hex"));
  try {
    for (const { path, content } of files.values()) writeAtomic(join(copy, path), content);
    const whole = JSON.stringify(inlineDiscovery(bootstrap, files, directory)).replaceAll(
      JSON.stringify(`${directory}/`).slice(1, -1),
      `${copy}/`,
    );
    writeAtomic(join(copy, LAYOUT.bootstrap), whole);
    for (const folder of [LAYOUT.logs, LAYOUT.run]) makeFolder(join(copy, folder));
    const args = ["--mode", "validate", "-c", join(copy, LAYOUT.bootstrap), "--log-level", "warning", "--log-format-escaped"];
    const said = await outcome(envoy, args, copy, signal);
    if (said !== undefined)
      throw new ResourceError(`Envoy refuses this configuration: ${reasonOf(said.split("\n"), files.values()) ?? "it does not say why"}`);
  } finally {
    removeTree(copy);
  }
}

/** @returns what the program printed when it fails; undefined when it succeeds */
function outcome(command: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd, env: plainEnvironment(), signal, timeout: VALIDATE_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(undefined);
        else if (signal.aborted) reject(signal.reason as Error);
        else if (typeof error.code === "number") resolve(stdout + stderr);
        else
          reject(
            new ResourceError(
              error.killed
                ? `Envoy did not judge the configuration within ${VALIDATE_MS / 1000} s`
                : `${command} cannot be run: ${error.message}`,
            ),
          );
      },
    );
  });
}

const removeTree = (folder: string) => rmSync(folder, { recursive: true, force: true });
