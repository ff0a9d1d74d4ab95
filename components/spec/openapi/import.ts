import { type Fault, formatPath, type PathPart } from "../faults.ts";
import { isPlainObject, mergePatch } from "../overlay.ts";
import type { FileReader } from "../resolve/context.ts";
import type { RawFault } from "../shape.ts";
import { show } from "../show.ts";
import { keepNull, readExtension } from "./extension.ts";
import { checkFields, mapField } from "./fields.ts";
import { OpenApiFiles } from "./files.ts";
import { child, entries, faultAt, type Node, type NodeFault } from "./node.ts";
import { checkOutgoing, type ImportedRoute, readPathItem } from "./operations.ts";
import { type Credentials, SecurityReader } from "./security.ts";
import { basePathOf } from "./servers.ts";

/** `openapi` of a gateway document, in its long form. */
export interface OpenApiSetting {
  readonly file: string;
  /** Backend of operations that name none. */
  readonly backend?: string | undefined;
  readonly basePath?: string | undefined;
}

export interface OpenApiImport {
  /** Routes by name, as a gateway document would have them. */
  readonly routes: Readonly<Record<string, Record<string, unknown>>>;
  readonly faults: readonly NodeFault[];
  /** True when operations were left out because of a fault. */
  readonly incomplete: boolean;
  /** Fields nothing can be said about because of a fault already reported: paths below `routes`. */
  readonly unsure: readonly (readonly PathPart[])[];
  /** Where a path below `routes` was written; undefined when the OpenAPI document did not write it. */
  locate(path: readonly PathPart[]): ImportedPlace | undefined;
}

/** A place in an OpenAPI file, or one of the gateway document that stands for it. */
export type ImportedPlace = Pick<Fault, "path" | "file" | "line" | "column"> | { readonly document: readonly PathPart[] };

const NOTHING: OpenApiImport = { routes: {}, faults: [], incomplete: true, unsure: [], locate: () => undefined };

/**
 * Reads the routes of an OpenAPI 3.0 or 3.1 document. Files are read through `read` only; nothing is fetched.
 * `display` turns a path relative to the gateway document into the one faults show.
 */
export async function importOpenApi(
  setting: OpenApiSetting,
  credentials: Credentials,
  read: FileReader,
  display: (path: string) => string,
): Promise<OpenApiImport> {
  const files = new OpenApiFiles(setting.file, read, display);
  const root = await files.load();
  if (root === undefined || !checkDocument(root, files.faults)) return { ...NOTHING, faults: files.faults };
  const before = files.faults.length;
  const basePath = basePathOf(root, setting.basePath, files.faults);
  const paths = mapField(root, "paths", files.faults);
  if (paths === undefined && files.faults.length === before)
    files.faults.push(faultAt(root, [], "the OpenAPI document has no paths", "describe at least one operation under paths"));
  for (const [, webhook] of entries(child(root, "webhooks"))) checkOutgoing("a webhook", webhook, files);
  const around = {
    files,
    security: new SecurityReader(root, files, credentials),
    document: readExtension(root, "document", files.faults),
    basePath: basePath ?? "",
  };
  const found = entries(paths).filter(([template]) => !template.startsWith("x-"));
  const imported = found.flatMap(([template, entry]) => readPathItem(template, entry, around));
  return collect(imported, setting, basePath === undefined, files);
}

/** Swagger 2.0 and versions not known yet are refused rather than half understood. */
function checkDocument(root: Node, faults: NodeFault[]): boolean {
  const version = isPlainObject(root.value) ? root.value.openapi : undefined;
  if (typeof version === "string" && /^3\.[01]\.[0-9]+(-.+)?$/.test(version)) {
    checkFields(root, "document", faults);
    return true;
  }
  const swagger = isPlainObject(root.value) && Object.hasOwn(root.value, "swagger");
  const field = swagger ? "swagger" : "openapi";
  const message = swagger
    ? "Swagger 2.0 is not read"
    : version === undefined
      ? "is no OpenAPI document: the field openapi is missing"
      : `the OpenAPI version ${show(version)} is not read`;
  faults.push(faultAt(root, child(root, field) ? [field] : [], message, "give an OpenAPI 3.0 or 3.1 document, such as openapi: 3.1.1"));
  return false;
}

function collect(imported: readonly ImportedRoute[], setting: OpenApiSetting, unsurePaths: boolean, files: OpenApiFiles): OpenApiImport {
  const routes = new Map<string, ImportedRoute>();
  for (const route of imported) {
    const twin = routes.get(route.name);
    if (twin === undefined) routes.set(route.name, route);
    else files.faults.push(sameName(route, twin));
  }
  const unsure: PathPart[][] = [];
  for (const route of routes.values()) {
    for (const field of route.unsure) unsure.push(field === "" ? ["routes", route.name] : ["routes", route.name, field]);
    if (unsurePaths) unsure.push(["routes", route.name, "path"]);
  }
  const usesDefault = (route: ImportedRoute) =>
    setting.backend !== undefined && route.fields.backend === undefined && route.fields.backends === undefined;
  return {
    routes: Object.fromEntries(
      [...routes].map(([name, route]) => [name, usesDefault(route) ? { ...route.fields, backend: setting.backend } : route.fields]),
    ),
    faults: files.faults,
    incomplete: files.faults.length > 0,
    unsure,
    locate: ([, name, ...rest]) => {
      const route = routes.get(String(name));
      if (route === undefined) return undefined;
      // The gateway document names this backend once for all operations.
      if (rest[0] === "backend" && usesDefault(route)) return { document: ["openapi", "backend"] };
      const { source, path } = route.locate(rest);
      return { path: formatPath(path), file: source.file, ...source.position(path) };
    },
  };
}

/** Imported routes that lead nowhere have one cause and get one fault; their `backend` is then nothing to judge. */
export function routesToNowhere(imported: OpenApiImport, merged: unknown): { fault: RawFault; unsure: PathPart[][] } | undefined {
  if (!isPlainObject(merged)) return undefined;
  const names = Object.keys(imported.routes).filter((name) => {
    const route = merged[name];
    return isPlainObject(route) && route.backend === undefined && route.backends === undefined;
  });
  if (names.length === 0) return undefined;
  return {
    fault: {
      path: ["openapi"],
      message: `${names.length} of its operations name no backend, the first is "${names[0]}"`,
      remedy: "name one for all of them: openapi: { file: …, backend: … }, or one in the x-gateway of each",
    },
    unsure: names.map((name) => ["routes", name, "backend"]),
  };
}

function sameName(route: ImportedRoute, twin: ImportedRoute): NodeFault {
  const id = child(route.operation, "operationId");
  return faultAt(
    id ?? route.operation,
    [],
    `gives the route the name "${route.name}", which ${formatPath(twin.operation.path)} has already`,
    id
      ? "give each operation an operationId of its own; letters, digits, hyphens and underscores count"
      : "give both operations an operationId",
  );
}

/**
 * Lays the gateway document's own routes over the imported ones (RFC 7396): a field of the document wins, and null removes a field or a whole route.
 * `cors` and `retries` keep null, which switches them off.
 */
export function mergeRoutes(imported: OpenApiImport["routes"], own: unknown): unknown {
  if (!isPlainObject(own)) return own === undefined ? imported : own;
  const known = Object.entries(own).filter(([name]) => Object.hasOwn(imported, name));
  const merged = mergePatch(imported, Object.fromEntries(known)) as Record<string, unknown>;
  for (const [name, fields] of Object.entries(own)) {
    if (!Object.hasOwn(imported, name))
      Object.defineProperty(merged, name, { value: fields, enumerable: true, configurable: true, writable: true });
    else if (isPlainObject(fields) && isPlainObject(merged[name])) keepNull(fields, merged[name]);
  }
  return merged;
}
