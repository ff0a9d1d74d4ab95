import type { PathPart } from "../faults.ts";
import { show } from "../show.ts";
import { type Layer, locateInLayers, mergeLayers, readExtension } from "./extension.ts";
import { checkFields, EXTENSION, METHODS, textField } from "./fields.ts";
import type { OpenApiFiles } from "./files.ts";
import { plainParameters, routeName } from "./names.ts";
import { child, entries, faultAt, items, type Node } from "./node.ts";
import type { SecurityReader } from "./security.ts";
import { serverPath } from "./servers.ts";
import { tightens } from "./tightening.ts";

/** A route as a document would have it, and where each of its fields really stands. */
export interface ImportedRoute {
  readonly name: string;
  readonly fields: Record<string, unknown>;
  readonly operation: Node;
  /** Fields that cannot be judged because of a fault already reported; `""` for the whole route. */
  readonly unsure: readonly string[];
  locate(path: readonly PathPart[]): Node;
}

export interface OperationSurroundings {
  readonly files: OpenApiFiles;
  readonly security: SecurityReader;
  readonly document: Layer | undefined;
  readonly basePath: string;
}

/** The routes of one entry of `paths`. */
export function readPathItem(template: string, entry: Node, around: OperationSurroundings): ImportedRoute[] {
  const { files } = around;
  if (!checkFields(entry, "pathItem", files.faults) || !checkTemplate(template, entry, files)) return [];
  const site = readExtension(entry, "path", files.faults);
  const target = files.follow(entry);
  if (target === undefined) return [];
  if (target !== entry) {
    checkBesideReference(entry, files);
    if (!checkFields(target, "pathItem", files.faults)) return [];
  }
  const own = target === entry ? undefined : readExtension(target, "path", files.faults);
  const layers = [site, own, around.document].filter((layer) => layer !== undefined);
  return METHODS.flatMap((method) => {
    const operation = child(target, method);
    return operation ? (readOperation(method, template, entry, target, operation, layers, around) ?? []) : [];
  });
}

function checkTemplate(template: string, entry: Node, files: OpenApiFiles): boolean {
  const fault = (message: string, remedy: string) => {
    files.faults.push(faultAt(entry, [], message, remedy));
    return false;
  };
  if (!template.startsWith("/")) return fault(`the path ${show(template)} does not start with a slash`, "write /…");
  if (template.includes("*"))
    return fault(
      "OpenAPI has no word for a whole subtree of paths",
      "write a plain path here and the prefix in x-gateway: { path: /files/* }",
    );
  return true;
}

function checkBesideReference(entry: Node, files: OpenApiFiles): void {
  for (const [key, field] of entries(entry)) {
    if (key !== "$ref" && key !== "summary" && key !== "description" && !key.toLowerCase().startsWith("x-"))
      files.faults.push(faultAt(field, [], "stands beside a $ref, which OpenAPI leaves undefined", "move it to where the $ref leads"));
  }
}

function readOperation(
  method: (typeof METHODS)[number],
  template: string,
  entry: Node,
  item: Node,
  operation: Node,
  outer: readonly Layer[],
  around: OperationSurroundings,
): ImportedRoute | undefined {
  const { files } = around;
  const readable = checkFields(operation, "operation", files.faults);
  const own = readExtension(operation, "operation", files.faults);
  const layers = own ? [own, ...outer] : outer;
  if (layers.find((layer) => layer.publish !== undefined)?.publish === false) return undefined;
  if (method === "trace") {
    files.faults.push(faultAt(operation, [], "TRACE is never carried: it shows a client what proxies added to its request", unpublished));
    return undefined;
  }
  checkCallbacks(operation, files);
  const operationId = textField(operation, "operationId", files.faults);
  const merged = mergeLayers(layers);
  if (merged.path === undefined) checkServers([item, operation], files);
  const origins: Record<string, Node> = { path: entry, methods: operation };
  const summary = textField(operation, "summary", files.faults) ?? textField(item, "summary", files.faults);
  const fields: Record<string, unknown> = {
    path: plainParameters(around.basePath + template),
    methods: [method.toUpperCase()],
    ...(summary === undefined ? {} : { summary: summary.slice(0, 500) }),
  };
  // A field nobody knows may be any field misspelt, so nothing is said about such an operation.
  const unsure: string[] = readable ? [] : [""];
  readSecurity(operation, merged, layers, around, fields, origins, unsure);
  const rewrite = merged.rewrite as { path?: unknown } | undefined;
  if (typeof rewrite?.path === "string") merged.rewrite = { ...rewrite, path: plainParameters(rewrite.path) };
  Object.assign(fields, merged);
  return {
    name: routeName(operationId, method, template),
    fields,
    operation,
    unsure,
    locate: ([field = "", ...rest]) => locateInLayers(layers, [field, ...rest]) ?? entryOf(origins[field], rest) ?? operation,
  };
}

/** An alternative of `require` stands where the requirement of `security` does that it was read from. */
const entryOf = (origin: Node | undefined, [index]: readonly PathPart[]) =>
  origin && typeof index === "number" ? (child(origin, index) ?? origin) : origin;

const unpublished = `remove the operation, or keep it from the gateway with ${EXTENSION}: { publish: false }`;

/** Who may call an operation: what `security` says, and what x-gateway makes of it, which may be stricter and never looser. */
function readSecurity(
  operation: Node,
  merged: Record<string, unknown>,
  layers: readonly Layer[],
  around: OperationSurroundings,
  fields: Record<string, unknown>,
  origins: Record<string, Node>,
  unsure: string[],
): void {
  const { files } = around;
  const reading = around.security.of(operation);
  if (reading) origins.require = reading.node;
  const asked = reading?.alternatives;
  const told = merged.public !== undefined || merged.require !== undefined;
  if (reading && asked === undefined) unsure.push("require");
  else if (asked && asked.length > 0) {
    if (!told) fields.require = asked;
    else if (merged.public !== undefined && merged.require === undefined)
      files.faults.push(
        faultAt(
          locateInLayers(layers, ["public"]) ?? operation,
          [],
          "the operation is open to all here, and `security` asks for credentials",
          "write security: [] on the operation, or require what security asks for",
        ),
      );
    else if (!tightens(merged.require, asked))
      files.faults.push(
        faultAt(
          locateInLayers(layers, ["require"]) ?? operation,
          [],
          "lets callers in whom `security` turns away",
          "demand in every alternative at least what one requirement of security demands",
        ),
      );
  } else if (!told) {
    if (unsure.length > 0 && reading === undefined) return;
    unsure.push("require");
    const at = reading?.node ?? operation;
    files.faults.push(
      faultAt(
        at,
        [],
        reading ? "an empty security does not open an operation by itself" : "the operation does not say who may call it",
        reading
          ? `write ${EXTENSION}: { public: true } beside it for an operation open to all, or name a security requirement`
          : `name a requirement in security; for an operation open to all write security: [] and ${EXTENSION}: { public: true }`,
      ),
    );
  }
}

/** Requests a service sends out do not pass the gateway; whoever describes them says so. */
export function checkOutgoing(what: string, node: Node, files: OpenApiFiles): void {
  const target = files.follow(node);
  const extension = (target && child(target, EXTENSION, "publish")) ?? child(node, EXTENSION, "publish");
  if (target && extension?.value !== false)
    files.faults.push(
      faultAt(
        node,
        [],
        `${what} is a request your services send, which does not pass the gateway and is not protected by it`,
        `say that this is meant with ${EXTENSION}: { publish: false } in it, or remove it`,
      ),
    );
}

function checkCallbacks(operation: Node, files: OpenApiFiles): void {
  for (const [, callback] of entries(child(operation, "callbacks"))) checkOutgoing("a callback", callback, files);
}

function checkServers(owners: readonly Node[], files: OpenApiFiles): void {
  for (const server of owners.flatMap((owner) => items(child(owner, "servers")))) {
    if (serverPath(server) === "") continue;
    files.faults.push(
      faultAt(
        server,
        ["url"],
        "gives this place another base path than the document",
        `write the whole public path in ${EXTENSION}: { path: /… } and remove the servers`,
      ),
    );
  }
}
