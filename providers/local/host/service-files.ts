import { rmSync } from "node:fs";
import { join } from "node:path";
import { listFolder, makeFolder, readIfThere, removeDrafts, removeIfEmpty, writeAtomic } from "../machine/files.ts";
import { type ServiceDescription, sha256 } from "./description.ts";
import type { HostInputs } from "./inputs.ts";
import { LAYOUT } from "./layout.ts";

/** Services as the agent runs them: their files by digest. */
export function describeServices(services: HostInputs["services"]): Record<string, ServiceDescription> {
  const described = Object.entries(services).map(([name, { command, cwd, env, port, onFileChange, files }]) => [
    name,
    {
      command,
      cwd,
      env,
      port,
      onFileChange,
      files: Object.fromEntries(Object.entries(files).map(([file, content]) => [file, sha256(content)])),
    },
  ]);
  return Object.fromEntries(described) as Record<string, ServiceDescription>;
}

/** Writes the files of services; those that stay the same are not touched. */
export function writeServiceFiles(directory: string, services: HostInputs["services"]): void {
  for (const [name, { files }] of Object.entries(services)) {
    const folder = join(directory, LAYOUT.serviceFiles(name));
    makeFolder(folder);
    removeDrafts(folder);
    for (const [file, content] of Object.entries(files)) {
      if (readIfThere(join(folder, file)) !== content) writeAtomic(join(folder, file), content);
    }
  }
}

/** Removes files of services that are no longer asked for; call when no service uses them any more. */
export function removeServiceFiles(directory: string, services: HostInputs["services"]): void {
  const root = join(directory, LAYOUT.services);
  for (const name of listFolder(root)) {
    const files = Object.hasOwn(services, name) ? services[name]?.files : undefined;
    for (const file of listFolder(join(root, name))) {
      if (files === undefined || !Object.hasOwn(files, file)) rmSync(join(root, name, file), { force: true });
    }
    if (files === undefined) removeIfEmpty(join(root, name));
  }
  removeIfEmpty(root);
}

/** Files of services that do not lie on the disk as they should. */
export function changedServiceFiles(directory: string, services: Readonly<Record<string, ServiceDescription>>): string[] {
  return Object.entries(services).flatMap(([name, { files }]) =>
    Object.entries(files).flatMap(([file, digest]) => {
      const path = join(LAYOUT.serviceFiles(name), file);
      const content = readIfThere(join(directory, path));
      return content !== undefined && sha256(content) === digest ? [] : [path];
    }),
  );
}
