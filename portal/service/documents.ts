import { realpathSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { Project } from "../../automation/project.ts";
import { parseStackFile, type StackFile, settingsOf } from "../../automation/stack-file.ts";
import type { LoadResult } from "../../components/spec/load.ts";
import { readRelativeTo } from "../../components/spec/load.ts";
import type { FileReader } from "../../components/spec/resolve/context.ts";
import { overlaysOf, type StackSettings } from "../../components/stack-settings.ts";
import { type Fault, Refusal } from "../service.ts";

/** Largest text of a document a browser may hand in, in bytes; a thousand routes take a fifth of it. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/** @throws Refusal `too large` or `invalid` */
export function demandText(text: string): void {
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES)
    throw new Refusal(
      "too large",
      "The document is larger than 1 MiB",
      "move its OpenAPI part into a file of its own, or split the gateway",
    );
  // The database's text cannot hold it, and no document means it.
  if (text.includes("\0")) throw new Refusal("invalid", "The document holds a NUL character", "remove it");
}

/** What a stack's document is judged with. */
export interface StackContext {
  readonly project: Project;
  readonly stack: string;
  /** Text of the stack file. */
  readonly stackFile: string;
  /** Relative to the project. */
  readonly documentFolder: string;
}

/** The stack file as the engine's side knows it, from the text the portal keeps. */
export function stackFileOf({ project, stack, stackFile }: StackContext): StackFile {
  const name = `Pulumi.${stack}.yaml`;
  return parseStackFile(stack, resolve(project.stackFolder, name), stackFile, name);
}

export const stackSettingsOf = (context: StackContext): StackSettings => settingsOf(context.project, stackFileOf(context));

/** Document → model with the stack's overlay, or every fault. Reads nothing outside the document's folder, whatever the document names. */
export async function loadText(context: StackContext, text: string): Promise<LoadResult> {
  const { loadDocument } = await import("../../components/spec/load.ts");
  const settings = stackSettingsOf(context);
  return loadDocument({
    file: settings.document,
    text,
    overlays: overlaysOf(settings, context.stack),
    read: readWithin(dirname(settings.document)),
  });
}

/** Reads files of a folder and below, also through links; anything else is as good as not there. */
export function readWithin(folder: string): FileReader {
  const read = readRelativeTo(folder);
  return (path) => {
    if (isAbsolute(path)) throw outside();
    const base = realpathSync(folder);
    const file = realpathSync(resolve(folder, path));
    if (!file.startsWith(base + sep)) throw outside();
    return read(relative(folder, file));
  };
}

const outside = () => Object.assign(new Error("it is outside the document's folder"), { code: "EACCES" });

/** Faults as the portal gives them out: without the folders of the machine it runs on. */
export const faultOf = ({ path, message, remedy, line, column }: Fault): Fault => ({
  path,
  message,
  remedy,
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
});
