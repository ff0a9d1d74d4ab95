import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "yaml";
import { checkSettings, NAMESPACE, SettingsError, type StackSettings } from "../components/stack-settings.ts";
import { OperationError } from "./errors.ts";
import { isRecord, type Project, stackNames } from "./project.ts";

/** A stack's file, read without the engine and without decrypting anything. */
export interface StackFile {
  /** As given, with organisation where a backend has them: `local`, `acme/prod`. */
  readonly stack: string;
  /** Absolute path. */
  readonly file: string;
  readonly text: string;
  /** Encrypted values stand as `{ secure: … }`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where the stack's secrets are encrypted, such as `awskms://…`; undefined for the passphrase. */
  readonly secretsProvider: string | undefined;
}

/** Reads `Pulumi.<stack>.yaml`. @throws OperationError (`usage`, `no-stack` or `settings`). */
export function readStackFile(project: Project, stack: string): StackFile {
  if (!/^(\w[\w.-]*\/){0,2}\w[\w.-]*$/.test(stack))
    throw new OperationError(
      "usage",
      `${JSON.stringify(stack)} is not a stack name`,
      "use letters, digits, dots, dashes and underscores, a letter or digit first",
    );
  const file = join(project.stackFolder, `Pulumi.${stack.split("/").at(-1)}.yaml`);
  const shown = relative(project.root, file);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    const names = stackNames(project);
    const remedy = names.length === 0 ? "create it" : `choose one of ${names.join(", ")}, or create it`;
    throw new OperationError("no-stack", `There is no stack "${stack}": ${shown} does not exist`, remedy);
  }
  return parseStackFile(stack, file, text, shown);
}

/** A stack's file whose text is at hand. @param shown its name in messages @throws OperationError (`settings`) */
export function parseStackFile(stack: string, file: string, text: string, shown: string): StackFile {
  let content: unknown;
  try {
    content = parse(text) ?? {};
  } catch (error) {
    throw new OperationError("settings", `${shown}: ${(error as Error).message.split("\n")[0]}`, "correct the YAML");
  }
  if (!isRecord(content)) throw new OperationError("settings", `${shown} is not a mapping`, "give it a `config:` section");
  return {
    stack,
    file,
    text,
    config: isRecord(content.config) ? content.config : {},
    secretsProvider: typeof content.secretsprovider === "string" ? content.secretsprovider : undefined,
  };
}

/** What the stack runs where. @throws OperationError (`settings`) with every fault. */
export function settingsOf(project: Project, stackFile: StackFile): StackSettings {
  const value = (key: string) => stackFile.config[`${NAMESPACE}:${key}`] ?? stackFile.config[key];
  const overlay = value("overlay");
  const overlayIsSecret = holdsSecret(overlay);
  const raw = { cloud: value("cloud"), document: value("document"), overlay: overlayIsSecret ? undefined : overlay, overlayIsSecret };
  const file = relative(project.root, stackFile.file);
  try {
    return checkSettings(raw, project.root, file);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const count = `${error.faults.length} ${error.faults.length === 1 ? "fault" : "faults"}`;
    throw new OperationError("settings", `${file} has ${count}`, "correct the stack file", { faults: error.faults });
  }
}

/** The form the engine writes an encrypted value in. */
function holdsSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSecret);
  if (!isRecord(value)) return false;
  const keys = Object.keys(value);
  return (keys.length === 1 && keys[0] === "secure" && typeof value.secure === "string") || Object.values(value).some(holdsSecret);
}
