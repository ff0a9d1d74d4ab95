import { resolve } from "node:path";
import { CLOUDS, type Cloud } from "./backends/contract.ts";
import type { Fault } from "./spec/faults.ts";
import type { Overlay } from "./spec/load.ts";

/** Project and configuration namespace: `secure-gateway:cloud` in a stack file. */
export const NAMESPACE = "secure-gateway";

/** What a stack's configuration says about its gateway. */
export interface StackSettings {
  readonly cloud: Cloud;
  /** Absolute path of the document. */
  readonly document: string;
  /** RFC 7396 merge patch over the document; undefined when the stack has none. */
  readonly overlay: unknown;
}

/** The three keys as they stand in the configuration, wherever it was read. */
export interface RawSettings {
  readonly cloud: unknown;
  readonly document: unknown;
  readonly overlay: unknown;
  /** True when the overlay holds an encrypted value. */
  readonly overlayIsSecret: boolean;
}

/**
 * Checks `secure-gateway:cloud`, `secure-gateway:document` (relative to the project) and `secure-gateway:overlay`.
 *
 * @throws SettingsError with every fault, each naming its key.
 */
export function checkSettings(raw: RawSettings, projectFolder: string, file: string): StackSettings {
  const faults: Fault[] = [];
  const fault = (key: string, message: string, remedy: string) =>
    faults.push({ path: `config["${NAMESPACE}:${key}"]`, message, remedy, file });

  const cloud = CLOUDS.find((known) => known === raw.cloud);
  if (cloud === undefined)
    fault("cloud", raw.cloud === undefined ? "is missing" : `is ${JSON.stringify(raw.cloud)}`, `allowed: ${CLOUDS.join(", ")}`);
  if (typeof raw.document !== "string" || raw.document === "")
    fault(
      "document",
      raw.document === undefined ? "is missing" : "is not a path",
      "give the path of a gateway document, relative to the project",
    );
  if (raw.overlayIsSecret)
    fault("overlay", "holds an encrypted value", "store it under a key of its own and name it in the overlay with { secret: <key> }");
  else if (raw.overlay !== undefined && (typeof raw.overlay !== "object" || raw.overlay === null || Array.isArray(raw.overlay)))
    fault("overlay", "is not a mapping", "give the fields of the document that differ in this stack");

  if (faults.length > 0) throw new SettingsError(faults);
  return { cloud: cloud as Cloud, document: resolve(projectFolder, raw.document as string), overlay: raw.overlay };
}

/** A stack's file as messages name it, relative to the project. */
export const stackFileName = (stack: string) => `stacks/Pulumi.${stack.split("/").at(-1)}.yaml`;

/** The settings' overlay, with its origin for messages. */
export function overlaysOf(settings: StackSettings, stack: string): Overlay[] {
  return settings.overlay === undefined ? [] : [{ value: settings.overlay, origin: `${stackFileName(stack)}, ${NAMESPACE}:overlay` }];
}

/** Thrown when a stack's configuration does not say what to run where; carries every fault. */
export class SettingsError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => `${fault.file}: ${fault.path} ${fault.message}; ${fault.remedy}`).join("\n"));
    this.name = "SettingsError";
    this.faults = faults;
  }
}
