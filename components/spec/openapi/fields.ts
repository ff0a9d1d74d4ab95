import { isPlainObject } from "../overlay.ts";
import { show } from "../show.ts";
import { editDistance, suggestion } from "../suggest.ts";
import { child, entries, faultAt, type Node, type NodeFault } from "./node.ts";

/** The extension that holds what OpenAPI has no word for. */
export const EXTENSION = "x-gateway";

export const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;

/** Fields of the objects the gateway reads. Everything else in a document (schemas, responses, examples) is none of its business. */
export const FIELDS = {
  document: ["openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components", "security", "tags", "externalDocs"],
  pathItem: ["$ref", "summary", "description", ...METHODS, "servers", "parameters"],
  operation: [
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
    "servers",
  ],
  securityScheme: ["type", "description", "name", "in", "scheme", "bearerFormat", "flows", "openIdConnectUrl"],
} as const;

/** Checks that a node is a map with known fields; a misspelt `security` would otherwise be no security at all. */
export function checkFields(node: Node, kind: keyof typeof FIELDS, faults: NodeFault[]): boolean {
  if (!isPlainObject(node.value)) {
    faults.push(faultAt(node, [], `expected a map of fields, found ${show(node.value)}`, "give a map of fields"));
    return false;
  }
  const known: readonly string[] = FIELDS[kind];
  const before = faults.length;
  for (const [key] of entries(node)) {
    if (key.startsWith("x-") || key.startsWith("X-")) {
      if (key !== EXTENSION && editDistance(key.toLowerCase(), EXTENSION) <= 1)
        faults.push(faultAt(node, [key], `unknown extension ${show(key)}`, `did you mean "${EXTENSION}"?`));
    } else if (!known.includes(key)) {
      const absent = known.filter((field) => !Object.hasOwn(node.value as object, field));
      faults.push(faultAt(node, [key], `unknown field ${show(key)}`, suggestion(key, absent, "no further field is allowed here")));
    }
  }
  return faults.length === before;
}

/** A field that must be a text when it is there. */
export function textField(node: Node, field: string, faults: NodeFault[]): string | undefined {
  const found = child(node, field);
  if (found === undefined) return undefined;
  if (typeof found.value === "string") return found.value;
  faults.push(faultAt(found, [], `expected a text, found ${show(found.value)}`, "give a text"));
  return undefined;
}

/** A field that must be a map when it is there. */
export function mapField(node: Node, field: string, faults: NodeFault[]): Node | undefined {
  const found = child(node, field);
  if (found === undefined || isPlainObject(found.value)) return found;
  faults.push(faultAt(found, [], `expected a map of fields, found ${show(found.value)}`, "give a map of fields"));
  return undefined;
}
