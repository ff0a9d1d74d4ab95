import { stringify } from "yaml";
import type { Fault } from "../components/spec/faults.ts";
import { mergePatch } from "../components/spec/overlay.ts";
import { Draft, type Question } from "./draft.ts";
import { canRead, type Format, guessFormat, readFormat } from "./formats.ts";
import { type InputFile, parseInput } from "./input.ts";
import { collectLeftovers, type Leftover } from "./leftovers.ts";
import { Reader } from "./reader.ts";

export interface ImportOptions {
  readonly files: readonly InputFile[];
  /** Default: guessed from the input. */
  readonly format?: Format | undefined;
  /** Answers to questions: fields laid over the document (RFC 7396), such as `{ hostname: "api.example.com" }`. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** Routes that ask for no credential in the input are meant for anyone. */
  readonly acceptPublic?: boolean;
}

export interface Imported {
  readonly format: Format;
  readonly document: Readonly<Record<string, unknown>>;
  /** What a person has to say before the document is complete. */
  readonly questions: readonly Question[];
  /** Everything of the input the document does not have. */
  readonly leftovers: readonly Leftover[];
}

export type ImportResult =
  | { readonly imported: Imported; readonly faults: readonly [] }
  | { readonly imported: undefined; readonly faults: readonly Fault[] };

/**
 * Makes a gateway document of what another gateway is described with. Nothing is dropped silently: every value of the input was read into
 * the document, or stands in `leftovers`. Nothing is invented: what the input does not say is a question.
 */
export function importGateway(options: ImportOptions): ImportResult {
  const parsed = options.files.map(parseInput);
  const faults = parsed.flatMap((file) => file.faults);
  if (faults.length > 0) return { imported: undefined, faults };
  const readers = parsed.flatMap((file) => file.parts.map(({ source, kind }) => ({ reader: new Reader(source), kind })));
  const parts = readers.map(({ reader, kind }) => ({ field: reader.root, kind }));
  const format = options.format ?? guessFormat(parts);
  const file = options.files.map(({ name }) => name).join(", ");
  if (format === undefined) return refused({ path: "", file, message: "the format is not known", remedy: "say it with --from" });
  if (!canRead(format, parts)) {
    const remedy = format === "azure" ? "give the OpenAPI export of the API, too" : "leave --from out, or give another file";
    return refused({ path: "", file, message: `there is nothing of the format ${format} in it`, remedy });
  }
  const draft = new Draft(options.acceptPublic === true);
  readFormat(format, parts, draft);
  const document = mergePatch(draft.document(), options.answers ?? {}) as Record<string, unknown>;
  return {
    imported: {
      format,
      document,
      questions: draft.questions.filter(({ paths }) => !paths.some((path) => isAnswered(document, path))),
      leftovers: collectLeftovers(readers.flatMap(({ reader }) => reader.finish())),
    },
    faults: [],
  };
}

const refused = (fault: Fault): ImportResult => ({ imported: undefined, faults: [fault] });

function isAnswered(document: unknown, path: string): boolean {
  let value = document;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string, unknown>)[key];
  }
  return value !== undefined;
}

/** The document as a file, with the open questions at its head. */
export function documentText({ document, format, questions }: Imported, files: readonly string[]): string {
  const head = [
    `Made by gateway import from ${files.join(", ")} (${format}).`,
    ...(questions.length === 0 ? [] : ["To be said before it can be used:"]),
    ...questions.map(({ paths, what }) => `- ${paths[0]}: ${what}`),
  ];
  const comment = head.map((line) => `# ${line.replace(/[\n\r]+/g, " ")}`).join("\n");
  return `${comment}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
