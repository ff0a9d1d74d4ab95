import { show } from "./show.ts";

/** One thing wrong with a document. Every check of the project reports in this form, and none stops at the first. */
export interface Fault {
  /** Where: a path into the document such as `routes.list-orders.require[0].scopes[1]`; `""` is the document as a whole. */
  readonly path: string;
  /** What is wrong, naming the value found. */
  readonly message: string;
  /** What is allowed, or what to do. */
  readonly remedy: string;
  /** The file the field was written in, when known. */
  readonly file?: string;
  /** Line in `file`, from 1. */
  readonly line?: number;
  /** Column in `file`, from 1. */
  readonly column?: number;
}

/** A fault of which only the path is known, as the backends find it in a model. */
export const fault = (path: string, message: string, remedy: string): Fault => ({ path, message, remedy });

export type PathPart = string | number;

/** Writes a path the way faults name it: `routes.a.require[0]`; keys that are not plain words are quoted: `headers["x.y"]`. */
export function formatPath(parts: readonly PathPart[]): string {
  let text = "";
  for (const part of parts) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${show(part, 200)}]`;
  }
  return text;
}

/** One line for a terminal: `file:line:column: path: what is wrong; what is allowed`. */
export function formatFault(fault: Fault): string {
  const position =
    fault.file === undefined ? "" : `${fault.file}${fault.line === undefined ? "" : `:${fault.line}:${fault.column ?? 1}`}: `;
  const path = fault.path === "" ? "" : `${fault.path}: `;
  return `${position}${path}${fault.message}; ${fault.remedy}`;
}

/** Thrown where a caller asked for a model and the document has faults; carries all of them. */
export class DocumentError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(
      `${faults.length} ${faults.length === 1 ? "fault" : "faults"} in the gateway document:\n${faults.map((f) => `  ${formatFault(f)}`).join("\n")}`,
    );
    this.name = "DocumentError";
    this.faults = faults;
  }
}
