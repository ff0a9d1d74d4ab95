import { z } from "zod";
import { gatewayDocument } from "../schema/document.ts";
import { removable } from "./patch.ts";

/** A JSON Schema (draft 2020-12), with the two keywords editors know for messages of their own. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  /** What `pattern` allows, in words. */
  readonly patternErrorMessage?: string;
  /** What is allowed, in words. */
  readonly errorMessage?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/**
 * The gateway document's shape for editors and other programs: completion, hover text, allowed values and defaults.
 * What only the whole document can tell (a backend nobody declared, routes that overlap) is not in it; `gateway check` says that.
 */
export function documentJsonSchema(): JsonSchema {
  const schema = documentShape();
  const { routes, ...others } = schema.properties ?? {};
  return { ...schema, properties: { ...others, ...(routes && { routes: overImported(routes) }) } };
}

/** The same for a document by itself: without the nulls that take away what an OpenAPI document brings. */
export function documentShape(): JsonSchema {
  return z.toJSONSchema(gatewayDocument, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => addMessages(zodSchema as unknown as ZodNode, jsonSchema),
  }) as JsonSchema;
}

/** Routes of an OpenAPI document are removed by null, and so are their fields. */
function overImported(routes: JsonSchema): JsonSchema {
  const { additionalProperties: route } = routes;
  if (typeof route !== "object") return routes;
  const fields = Object.entries(route.properties ?? {}).map(([name, field]) => [name, removable(field)]);
  return { ...routes, additionalProperties: removable({ ...route, properties: Object.fromEntries(fields) }) };
}

interface ZodNode {
  readonly _zod: { readonly def: Definition };
}

interface Definition {
  readonly type: string;
  readonly error?: (issue: object) => unknown;
  readonly protocol?: RegExp;
  readonly checks?: readonly { readonly _zod: { readonly def: Definition & { readonly format?: string } } }[];
}

/** Puts the words of the schema's own faults where an editor shows them. */
function addMessages(node: ZodNode, target: Record<string, unknown>): void {
  const { def } = node._zod;
  const own = messageOf(def);
  if (own !== undefined) target.errorMessage = own;
  for (const check of def.checks ?? []) {
    const message = check._zod.def.format === "regex" ? messageOf(check._zod.def) : undefined;
    if (message !== undefined) target.patternErrorMessage = message;
  }
  const scheme = def.type === "string" ? URL_SCHEMES[def.protocol?.source ?? ""] : undefined;
  if (scheme) Object.assign(target, scheme);
}

const URL_SCHEMES: Readonly<Record<string, { pattern: string; patternErrorMessage: string }>> = {
  "^https$": { pattern: "^https://", patternErrorMessage: "an https URL" },
  "^https?$": { pattern: "^https?://", patternErrorMessage: "an http or https URL" },
};

function messageOf(def: Definition): string | undefined {
  const message = def.error?.({});
  return typeof message === "string" ? message : undefined;
}
