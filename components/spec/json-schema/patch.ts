import type { JsonSchema } from "./document.ts";

/** What may be laid over a value of this shape: nothing is required, everything may be removed, and no default applies. */
export function patchOf(schema: JsonSchema): JsonSchema {
  const { required: _required, default: _default, $schema: _schema, oneOf, anyOf, properties, additionalProperties, ...rest } = schema;
  const branches = anyOf ?? oneOf;
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, removable(patchOf(field))])),
    }),
    ...(additionalProperties !== undefined && {
      additionalProperties: typeof additionalProperties === "object" ? removable(patchOf(additionalProperties)) : additionalProperties,
    }),
    // A patch that names only one field fits several branches, so "exactly one" becomes "at least one".
    ...(branches && { anyOf: branches.map(patchOf) }),
  };
}

/** The same, or null, which removes it. */
export function removable(schema: JsonSchema): JsonSchema {
  if (schema.anyOf) return { ...schema, anyOf: [...schema.anyOf.filter(({ type }) => type !== "null"), { type: "null" }] };
  if (schema.type === undefined) return schema;
  const type = [...new Set([schema.type, "null"].flat())];
  const { const: only, ...rest } = schema;
  const values = schema.enum ?? (only === undefined ? undefined : [only]);
  return values === undefined ? { ...schema, type } : { ...rest, type, enum: [...new Set([...values, null])] };
}
