import { join } from "node:path";
import { readIfThere } from "../machine/files.ts";
import { readDescription } from "./description.ts";
import { type RenderedFile, renderFiles } from "./render.ts";

/** The files of a gateway as they lie on the disk, whoever wrote them; missing ones are left out. */
export function filesOnDisk(
  directory: string,
  paths: readonly string[] = readDescription(directory)?.files ?? [],
): Map<string, RenderedFile> {
  const found = paths.flatMap((path) => {
    const content = readIfThere(join(directory, path));
    return content === undefined ? [] : [[path, content]];
  });
  return renderFiles(Object.fromEntries(found) as Record<string, string>);
}
