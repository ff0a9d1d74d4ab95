import { accessSync, chmodSync, constants, lstatSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "../../../tools/setup/lock.mjs";
import { listFolder, makeFolder } from "../machine/files.ts";
import { type Operation, ResourceError } from "../resources/kind.ts";
import { readClaim } from "./description.ts";
import { LAYOUT, RESERVED } from "./layout.ts";

const LOOK_MS = 100;

/** Works in a gateway's folder while nobody else does; creates the folder when there is none. */
export async function inFolder<T>(directory: string, operation: Operation, work: () => Promise<T>): Promise<T> {
  let told = false;
  for (;;) {
    orUnusable(directory, () => {
      requireOwn(directory);
      makeFolder(join(directory, LAYOUT.run));
      accessSync(join(directory, LAYOUT.run), constants.W_OK);
    });
    const taken = tryLock(join(directory, LAYOUT.lock), "changing the gateway");
    if (!("owner" in taken)) {
      try {
        chmodSync(directory, 0o700);
        chmodSync(join(directory, LAYOUT.run), 0o700);
        return await work();
      } finally {
        taken.release();
      }
    }
    if (!told) operation.log("info", `Waiting for process ${taken.owner.pid}, which is changing the gateway in ${directory}`);
    told = true;
    await sleep(LOOK_MS);
    operation.signal.throwIfAborted();
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  EEXIST: "a file is in the way",
  ENOTDIR: "a file is in the way",
  ENOENT: "the system keeps no folders there",
  EACCES: "this user may not write there",
  EPERM: "nobody may write there",
  EROFS: "the file system can only be read",
  ENOSPC: "no space is left there",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its links lead round in a circle",
};

/** @throws ResourceError when the folder cannot be made or written to */
function orUnusable(directory: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ResourceError(
      `directory: ${directory} cannot be used: ${CAUSES[code] ?? "the system refuses it"} (${code}, ${path}): give a folder that you can write to or make (local.stateDirectory in the gateway document)`,
    );
  }
}

/** @throws ResourceError when the folder belongs to another gateway */
export function requireUnclaimed(directory: string, urn: string): void {
  const owner = readClaim(directory)?.urn;
  if (owner === undefined || owner === urn) return;
  throw new ResourceError(
    `directory: ${directory} belongs to another gateway, ${owner}: give another folder, or destroy that gateway first, or take it over with "pulumi import localgateway:index:Host <name> ${directory}"`,
  );
}

/** Refuses a folder that is not this user's, or that holds other people's files: they would be in the way, and end with the gateway. */
function requireOwn(directory: string): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory())
    throw new ResourceError(`directory: ${directory} is not a folder: give the path of a folder, which may be missing`);
  if (found.uid !== process.getuid?.())
    throw new ResourceError(`directory: ${directory} belongs to another user: give a folder of your own`);
  if (readClaim(directory) !== undefined) return;
  const foreign = listFolder(directory).filter((name) => !RESERVED.includes(name));
  if (foreign.length > 0)
    throw new ResourceError(
      `directory: ${directory} holds files that are not a gateway's, such as ${foreign[0]}: give an empty or a new folder`,
    );
}
