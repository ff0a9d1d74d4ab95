import { X509Certificate } from "node:crypto";
import type { PathPart } from "../faults.ts";
import { isPlainObject } from "../overlay.ts";
import type { RawFault } from "../shape.ts";

/** Reads a file a document names; throws with a reason when it may not or cannot. */
export type FileReader = (path: string) => string;

/** Collects faults while the model is built, so that one run reports them all. */
export class ResolveContext {
  readonly faults: RawFault[] = [];
  readonly #read: FileReader;

  constructor(read: FileReader) {
    this.#read = read;
  }

  fault(path: readonly PathPart[], message: string, remedy: string): void {
    this.faults.push({ path, message, remedy });
  }

  /** The text of an inline value or of `{ file }`; undefined after a fault. */
  text(value: string | { readonly file: string }, path: readonly PathPart[]): string | undefined {
    if (!isPlainObject(value)) return value;
    try {
      return this.#read(value.file);
    } catch (error) {
      this.fault(
        [...path, "file"],
        `cannot read "${value.file}" (${reason(error)})`,
        "give the path of a readable file, relative to the document",
      );
      return undefined;
    }
  }

  /** Every certificate in a PEM value, each as canonical PEM; a fault when there is none, one does not parse, or a private key stands there. */
  certificates(value: string | { readonly file: string }, path: readonly PathPart[]): string[] {
    const text = this.text(value, path);
    if (text === undefined) return [];
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
      this.fault(
        path,
        "holds a private key",
        "keep keys in the stack's configuration (pulumi config set --secret) and name them with { secret: name }; replace this key, it has been written in the open",
      );
      return [];
    }
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) {
      this.fault(path, "holds no PEM certificate", "give text with -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----");
      return [];
    }
    const parsed: string[] = [];
    blocks.forEach((block, index) => {
      try {
        parsed.push(new X509Certificate(block).toString().trim());
      } catch {
        this.fault(
          path,
          `certificate ${index + 1} of ${blocks.length} cannot be parsed`,
          "give X.509 certificates in PEM form, unchanged as the authority issued them",
        );
      }
    });
    return parsed;
  }

  certificateList(values: readonly (string | { readonly file: string })[], path: readonly PathPart[]): string[] {
    return values.flatMap((value, index) => this.certificates(value, [...path, index]));
  }
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "no permission";
  return error instanceof Error ? error.message : String(error);
}
