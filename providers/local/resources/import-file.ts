import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { ResourceError } from "./kind.ts";

/** Text of the file an import names. @throws ResourceError saying what the id of an import has to be */
export function importedText(id: string, content: string): string {
  if (!isAbsolute(id)) throw new ResourceError(`Importing needs the absolute path of ${content} as the id, not "${id}"`);
  try {
    return readFileSync(id, "utf8");
  } catch (error) {
    throw new ResourceError(
      `${id} cannot be read (${(error as NodeJS.ErrnoException).code}): give the absolute path of ${content} as the id`,
    );
  }
}
