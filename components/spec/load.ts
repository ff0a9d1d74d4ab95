import { readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { DocumentError, type Fault, formatPath, type PathPart } from "./faults.ts";
import type { GatewayModel } from "./model.ts";
import { importOpenApi, mergeRoutes, type OpenApiImport, type OpenApiSetting, routesToNowhere } from "./openapi/import.ts";
import { isPlainObject, mergePatch } from "./overlay.ts";
import { checkAndPrune } from "./prune.ts";
import type { FileReader } from "./resolve/context.ts";
import { resolveModel } from "./resolve/index.ts";
import { gatewayDocument } from "./schema/document.ts";
import type { RawFault } from "./shape.ts";
import { MAX_DOCUMENT_BYTES, parseSource, type Source } from "./source.ts";

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

/** Stand in for required fields that are missing or wrong, so that the rest of the document can still be judged. */
const STOPGAPS = { name: "unnamed", hostname: "unnamed.invalid", backends: {} };

/**
 * Document → model: parse, overlay, import OpenAPI, check the shape, resolve. Reads files, changes nothing, and reports every fault at
 * once: where the shape of a part is wrong, the rest is judged as if that part were not there.
 */
export async function loadDocument(options: LoadOptions): Promise<LoadResult> {
  const name = relative(process.cwd(), options.file) || options.file;
  const read = options.read ?? readRelativeTo(dirname(resolve(options.file)));
  const text = options.text ?? readText(options.file);
  if (text === undefined)
    return refused({ path: "", file: name, message: "the document cannot be read", remedy: "give the path of a readable file" });
  const { source, faults: syntaxFaults } = parseSource(text, name);
  if (source === undefined) return refused(...distinct(syntaxFaults));
  const overlays = (options.overlays ?? []).filter(({ value }) => value !== undefined && value !== null);
  const strange = overlays.filter(({ value }) => !isPlainObject(value));
  if (strange.length > 0)
    return refused(
      ...strange.map(({ origin }) => ({
        path: "",
        file: origin,
        message: "the overlay is not a map of fields",
        remedy: "give the fields of the document to change",
      })),
    );
  const merged = overlays.reduce((value: unknown, overlay) => mergePatch(value, overlay.value), source.value);

  const imported = await importNamed(merged, read, (path) => join(dirname(name), path));
  const raw = imported && isPlainObject(merged) ? { ...merged, routes: mergeRoutes(imported.routes, merged.routes) } : merged;
  const shape = checkAndPrune(gatewayDocument, raw, STOPGAPS);
  const nowhere = imported && routesToNowhere(imported, isPlainObject(raw) ? raw.routes : undefined);
  for (const path of [...(imported?.unsure ?? []), ...(nowhere?.unsure ?? [])]) shape.pruned.add(path);
  const resolved = shape.value && resolveModel(shape.value, read, { judged: { ...shape, raw }, incomplete: imported?.incomplete ?? false });

  const locate = (fault: RawFault) => located(fault, source, overlays, imported);
  const faults = distinct([
    ...[...shape.faults, ...(nowhere ? [nowhere.fault] : []), ...(resolved?.faults ?? [])].map(locate),
    ...(imported?.faults ?? []).map((item) => ("fault" in item ? item.fault : locate({ ...item, path: item.document }))),
  ]);
  return faults.length > 0 ? refused(...faults) : { model: resolved?.model, faults: [] };
}

/** Like `loadDocument`, for callers that need a model. @throws DocumentError with every fault. */
export async function loadModel(options: LoadOptions): Promise<GatewayModel> {
  const { model, faults } = await loadDocument(options);
  if (model === undefined) throw new DocumentError(faults);
  return model;
}

const refused = (...faults: Fault[]): LoadResult => ({ model: undefined, faults });

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Reads files below or beside a folder; only ordinary ones, and none larger than a document may be. */
export function readRelativeTo(folder: string): FileReader {
  return (path) => {
    const file = resolve(folder, path);
    const stats = statSync(file);
    if (stats.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    if (!stats.isFile()) throw new Error("it is not an ordinary file");
    if (stats.size > MAX_DOCUMENT_BYTES) throw new Error(`it is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    return readFileSync(file, "utf8");
  };
}

/** The import the document asks for; undefined when it asks for none, or not in a way that can be read. */
async function importNamed(document: unknown, read: FileReader, display: (path: string) => string): Promise<OpenApiImport | undefined> {
  const setting = isPlainObject(document) ? openApiSetting(document.openapi) : undefined;
  if (setting === undefined || !isPlainObject(document)) return undefined;
  const providers = isPlainObject(document.jwt) && isPlainObject(document.jwt.providers) ? Object.keys(document.jwt.providers) : [];
  const header = isPlainObject(document.apiKeys) ? document.apiKeys.header : undefined;
  const apiKeyHeader = typeof header === "string" ? header : gatewayDocument.shape.apiKeys.parse(undefined).header;
  return importOpenApi(setting, { jwtProviders: providers, apiKeyHeader }, read, display);
}

function openApiSetting(value: unknown): OpenApiSetting | undefined {
  const parsed = gatewayDocument.shape.openapi.safeParse(value);
  if (!parsed.success || parsed.data === undefined) return undefined;
  return typeof parsed.data === "string" ? { file: parsed.data } : parsed.data;
}

/** A fault names the overlay when the overlay wrote the field, the OpenAPI file when that did, else the line of the document. */
function located(fault: RawFault, source: Source, overlays: readonly Overlay[], imported: OpenApiImport | undefined): Fault {
  const { message, remedy } = fault;
  const overlay = overlays.findLast((candidate) => writes(candidate.value, fault.path));
  if (overlay) return { path: formatPath(fault.path), message, remedy, file: overlay.origin };
  const place = fault.path[0] === "routes" && !writes(source.value, fault.path) ? imported?.locate(fault.path) : undefined;
  if (place && "document" in place) return located({ ...fault, path: place.document }, source, overlays, undefined);
  if (place) return { ...place, message, remedy };
  return { path: formatPath(fault.path), message, remedy, file: source.file, ...source.position(fault.path) };
}

function writes(written: unknown, path: readonly PathPart[]): boolean {
  let value = written;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return true;
    if (!Object.hasOwn(value, part)) return false;
    value = (value as Record<PathPart, unknown>)[part];
  }
  return path.length > 0;
}

/** The same fault at the same place once; in the order a reader meets them in each file. */
function distinct(faults: readonly Fault[]): Fault[] {
  const unique = [...new Map(faults.map((fault) => [`${fault.file}\n${fault.path}\n${fault.message}`, fault])).values()];
  const files = [...new Set(unique.map((fault) => fault.file))];
  return unique.sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}
