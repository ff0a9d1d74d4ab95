import { CLOUDS } from "../../backends/contract.ts";
import { documentJsonSchema, type JsonSchema } from "./document.ts";

/** The shape of `stacks/Pulumi.<stack>.yaml`: the keys of this project in it; what belongs to Pulumi or to providers is left to them. */
export function stackJsonSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack of a gateway",
    description: "Where one gateway runs, which document it is made from, and what differs there.",
    type: "object",
    required: ["config"],
    properties: {
      config: {
        type: "object",
        description: "The stack's configuration.",
        required: ["secure-gateway:cloud", "secure-gateway:document"],
        properties: {
          "secure-gateway:cloud": { type: "string", enum: CLOUDS, description: "Where the gateway runs." },
          "secure-gateway:document": {
            type: "string",
            minLength: 1,
            description: "Path of the gateway document, relative to the project.",
            examples: ["gateways/shop.yaml"],
          },
          "secure-gateway:overlay": {
            ...patchOf(documentJsonSchema()),
            title: "Overlay",
            description:
              "Fields of the document that differ in this stack (RFC 7396): maps are merged, lists are replaced, null removes a field.",
          },
        },
        patternProperties: {
          "^secure-gateway:(?!(?:cloud|document|overlay)$)": {
            type: "object",
            description:
              "A secret the document names with { secret: <name> }, set with `pulumi config set --secret secure-gateway:<name>`.",
            properties: { secure: { type: "string", description: "The encrypted value." } },
            required: ["secure"],
            additionalProperties: false,
            errorMessage: "an encrypted value: set it with pulumi config set --secret",
          },
        },
      },
    },
  };
}

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

/** The same, or null. */
function removable(schema: JsonSchema): JsonSchema {
  if (schema.anyOf) return { ...schema, anyOf: [...schema.anyOf, { type: "null" }] };
  if (schema.enum) return { ...schema, type: [schema.type ?? "string", "null"].flat(), enum: [...schema.enum, null] };
  if (schema.const !== undefined) {
    const { const: only, ...rest } = schema;
    return { ...rest, type: [schema.type ?? "string", "null"].flat(), enum: [only, null] };
  }
  return schema.type === undefined ? schema : { ...schema, type: [schema.type, "null"].flat() };
}
