import { join } from "node:path";
import { listFolder, readIfThere, writeAtomic } from "../machine/files.ts";
import { converge } from "./agent-client.ts";
import { type Description, writeDescription } from "./description.ts";
import type { EnvoyAdmin } from "./envoy-admin.ts";
import { filesOnDisk } from "./files-on-disk.ts";
import { LAYOUT } from "./layout.ts";
import type { RenderedFile } from "./render.ts";
import { FileWriter } from "./write-files.ts";

/** A gateway's folder before a change. */
export interface Snapshot {
  readonly description: Description;
  readonly bootstrap: string;
  readonly files: ReadonlyMap<string, RenderedFile>;
  /** Contents of the services' files by path. */
  readonly serviceFiles: ReadonlyMap<string, string>;
}

export function takeSnapshot(directory: string, description: Description, bootstrap: string): Snapshot {
  const serviceFiles = Object.keys(description.services).flatMap((name) =>
    listFolder(join(directory, LAYOUT.serviceFiles(name))).flatMap((file) => {
      const path = join(LAYOUT.serviceFiles(name), file);
      const content = readIfThere(join(directory, path));
      return content === undefined ? [] : [[path, content] as const];
    }),
  );
  return { description, bootstrap, files: filesOnDisk(directory, description.files), serviceFiles: new Map(serviceFiles) };
}

/** Puts everything back as it was, as far as that is possible. @param touched files that may have been written since */
export async function restore(
  directory: string,
  snapshot: Snapshot,
  touched: readonly string[],
  admin: EnvoyAdmin | undefined,
): Promise<void> {
  const { description, bootstrap, files, serviceFiles } = snapshot;
  for (const [path, content] of serviceFiles)
    if (readIfThere(join(directory, path)) !== content) writeAtomic(join(directory, path), content);
  const now = filesOnDisk(directory, touched);
  const writer = new FileWriter(directory, now, admin, new AbortController().signal);
  const order = [...description.files].reverse();
  // One file that Envoy does not take must not keep the others from being put back.
  for (const path of order) await writer.write(files, [path]).catch(() => {});
  writer.remove(touched.filter((path) => !files.has(path)));
  if (readIfThere(join(directory, LAYOUT.bootstrap)) !== bootstrap) writeAtomic(join(directory, LAYOUT.bootstrap), bootstrap);
  writeDescription(directory, description);
  await converge(directory).catch(() => {});
}
