import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stringify } from "yaml";
import { isRunning } from "../tools/setup/process.mjs";
import { type Project, relocatedSettings } from "./project.ts";
import type { StackFile } from "./stack-file.ts";

/** A folder the engine runs in, with a Pulumi.yaml and one stack file of its own. */
export interface WorkFolder {
  readonly path: string;
  remove(): void;
}

/**
 * Makes a work folder for one operation.
 *
 * The engine writes into the folder it runs in: it adds the salt of the passphrase to the stack file, and the Automation API saves settings there. In the
 * checkout that would change tracked files on every machine differently, and two operations at once would overwrite each other. So each operation gets a
 * copy: the same project and stack, with plugin paths made absolute.
 */
export function createWorkFolder(project: Project, stackFile: StackFile, id: string): WorkFolder {
  const parent = join(project.privateFolder, "work");
  const path = join(parent, `${process.pid}-${id}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, "Pulumi.yaml"), stringify(relocatedSettings(project)));
  writeFileSync(join(path, basename(stackFile.file)), stackFile.text);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Removes what killed operations left behind. */
export function sweepWorkFolders(project: Project): void {
  const parent = join(project.privateFolder, "work");
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return;
  }
  for (const name of names) {
    const pid = Number(name.split("-")[0]);
    if (Number.isInteger(pid) && !isRunning(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}
