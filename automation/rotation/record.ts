import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { NAMESPACE } from "../../components/stack-settings.ts";
import { OperationError } from "../errors.ts";
import type { Project } from "../project.ts";
import { readStackFile } from "../stack-file.ts";
import type { Rotation, RotationStep, Setting } from "./steps.ts";

/** A rotation that is under way, as it survives whatever happens to this process. */
export interface RotationRecord {
  readonly what: Rotation;
  readonly steps: readonly RotationStep[];
  /** Index of the step that is being taken, or is taken next. */
  readonly step: number;
  /** The step has begun: its settings stand in the stack's file. */
  readonly begun: boolean;
}

const fileOf = ({ privateFolder }: Project, stack: string): string =>
  join(privateFolder, "rotations", `${stack.replaceAll("/", "_")}.json`);

/** @returns undefined when none is under way @throws OperationError (`state`) when the record cannot be read */
export function readRecord(project: Project, stack: string): RotationRecord | undefined {
  const file = fileOf(project, stack);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as RotationRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new OperationError("state", `${file} cannot be read: ${(error as Error).message}`, "restore it, or remove it and run `up`");
  }
}

export const keepRecord = (project: Project, stack: string, record: RotationRecord): void =>
  replace(fileOf(project, stack), `${JSON.stringify(record, null, 2)}\n`, 0o600);

export const forgetRecord = (project: Project, stack: string): void => rmSync(fileOf(project, stack), { force: true });

/** Writes settings into the overlay of the stack's file, whose comments stay. Doing it again changes nothing. */
export function writeSettings(project: Project, stack: string, settings: readonly Setting[]): void {
  const { file, text, config } = readStackFile(project, stack);
  const document = parseDocument(text);
  const key = config.overlay !== undefined && config[`${NAMESPACE}:overlay`] === undefined ? "overlay" : `${NAMESPACE}:overlay`;
  for (const { path, value } of settings) document.setIn(["config", key, ...path], value);
  const changed = document.toString({ lineWidth: 0 });
  if (changed !== text) replace(file, changed, statSync(file).mode & 0o777);
}

/** Replaces a file in one step: whoever is killed leaves the old content or the new. */
function replace(file: string, content: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const descriptor = openSync(draft, "wx", mode);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
}
