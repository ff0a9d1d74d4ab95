import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { DocumentError, type Fault, formatPath, type PathPart } from "./faults.ts";
import type { GatewayModel } from "./model.ts";
import { importOpenApi } from "./openapi/import.ts";
import { mergePatch } from "./overlay.ts";
import type { FileReader } from "./resolve/context.ts";
import { resolveModel } from "./resolve/index.ts";
import { gatewayDocument } from "./schema/document.ts";
import { checkShape, type RawFault } from "./shape.ts";
import { parseSource, type Source } from "./source.ts";

/** A change on top of the document: RFC 7396 merge patch. */
export interface Overlay {
  readonly value: unknown;
  /** Where it comes from, for faults: `stacks/Pulumi.prod.yaml, secure-gateway:overlay`. */
  readonly origin: string;
}

export interface LoadOptions {
  /** Path of the document. */
  readonly file: string;
  /** The document's text, when it is not to be read from `file`. */
  readonly text?: string;
  /** Applied in order. */
  readonly overlays?: readonly Overlay[];
  /** Reads the files the document names, by path relative to it. Default: the file system. */
  readonly read?: FileReader;
}

export interface LoadResult {
  /** Present exactly when there are no faults. */
  readonly model: GatewayModel | undefined;
  readonly faults: readonly Fault[];
}

/**
 * Document → model: parse, overlay, check the shape, import OpenAPI, resolve. Reads files, changes nothing, and reports every fault
 * of the first stage that has any (a text that is not YAML has no fields to check).
 */
export async function loadDocument(options: LoadOptions): Promise<LoadResult> {
  const name = relative(process.cwd(), options.file) || options.file;
  const read = options.read ?? readRelativeTo(dirname(resolve(options.file)));
  let text = options.text;
  if (text === undefined) {
    try {
      text = readFileSync(options.file, "utf8");
    } catch {
      return {
        model: undefined,
        faults: [{ path: "", file: name, message: "the document cannot be read", remedy: "give the path of a readable file" }],
      };
    }
  }
  const { source, faults: syntaxFaults } = parseSource(text, name);
  if (source === undefined) return { model: undefined, faults: syntaxFaults };
  const locate = (raw: readonly RawFault[]) => raw.map((fault) => located(fault, source, options.overlays ?? []));

  const merged = (options.overlays ?? []).reduce((value: unknown, overlay) => mergePatch(value, overlay.value), source.value);
  const shape = checkShape(gatewayDocument, merged);
  if (shape.value === undefined) return { model: undefined, faults: locate(shape.faults) };

  const imported = await importOpenApi(shape.value, read);
  if (imported.document === undefined) return { model: undefined, faults: imported.faults };
  const resolved = resolveModel(imported.document, read);
  const own = resolved.faults.filter((fault) => imported.locate(fault) === undefined);
  const faults = [...imported.faults, ...resolved.faults.flatMap((fault) => imported.locate(fault) ?? []), ...locate(own)];
  return faults.length > 0 ? { model: undefined, faults } : { model: resolved.model, faults: [] };
}

/** Like `loadDocument`, for callers that need a model. @throws DocumentError with every fault. */
export async function loadModel(options: LoadOptions): Promise<GatewayModel> {
  const { model, faults } = await loadDocument(options);
  if (model === undefined) throw new DocumentError(faults);
  return model;
}

function readRelativeTo(folder: string): FileReader {
  return (path) => readFileSync(resolve(folder, path), "utf8");
}

/** A fault names the overlay when the overlay wrote the field, else the line of the document. */
function located(fault: RawFault, source: Source, overlays: readonly Overlay[]): Fault {
  const base = { path: formatPath(fault.path), message: fault.message, remedy: fault.remedy };
  const overlay = overlays.findLast((candidate) => writes(candidate.value, fault.path));
  if (overlay) return { ...base, file: overlay.origin };
  return { ...base, file: source.file, ...source.position(fault.path) };
}

function writes(overlay: unknown, path: readonly PathPart[]): boolean {
  let value = overlay;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return true;
    if (!Object.hasOwn(value, part)) return false;
    value = (value as Record<PathPart, unknown>)[part];
  }
  return path.length > 0;
}
