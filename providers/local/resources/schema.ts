import * as z from "zod";
import type { AnyKind } from "./inputs.ts";
import { kindOf, TOKENS } from "./registry.ts";

type Json = Readonly<Record<string, unknown>>;

/** The package schema: what `pulumi import`, `pulumi package get-schema` and editors know about the provider. */
export async function packageSchema(version: string): Promise<Json> {
  const kinds = await Promise.all(TOKENS.map(kindOf));
  const types: Record<string, Json> = {};
  const resources = kinds.map((kind) => {
    const inputs = objectSpec(kind, "input", types);
    const outputs = objectSpec(kind, "output", types);
    return [
      kind.token,
      {
        description: kind.description,
        inputProperties: inputs.properties,
        requiredInputs: inputs.required,
        properties: { ...inputs.properties, ...outputs.properties },
        required: [...new Set([...Object.keys(inputs.properties), ...outputs.required])],
      },
    ];
  });
  return {
    name: "localgateway",
    version,
    description: "A secure gateway on this machine: an Envoy with its certificates, keys and services.",
    types,
    resources: Object.fromEntries(resources),
  };
}

function objectSpec(kind: AnyKind, side: "input" | "output", types: Record<string, Json>) {
  const schema = z.toJSONSchema(side === "input" ? kind.inputs : kind.outputs, { io: "input", unrepresentable: "any" });
  const secrets = new Set([...kind.secretInputs, ...kind.secretOutputs].filter((path) => path.length === 1).map(([property]) => property));
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>).map(([name, property]) => [
    name,
    {
      ...typeSpec(property, `${kind.token}${capital(name)}`, types),
      ...described(property),
      ...(secrets.has(name) ? { secret: true } : {}),
    },
  ]);
  return { properties: Object.fromEntries(properties) as Record<string, Json>, required: (schema.required ?? []) as string[] };
}

/** JSON Schema → the schema language of Pulumi packages; objects with fields become named types. */
function typeSpec(schema: Json, token: string, types: Record<string, Json>): Json {
  if (schema.type === "array") return { type: "array", items: typeSpec(schema.items as Json, token, types) };
  if (schema.type === "object" && schema.properties === undefined)
    return { type: "object", additionalProperties: typeSpec(schema.additionalProperties as Json, token, types) };
  if (schema.type !== "object") return { type: schema.type ?? "string" };
  const properties = Object.entries(schema.properties as Record<string, Json>).map(([name, property]) => [
    name,
    { ...typeSpec(property, token + capital(name), types), ...described(property) },
  ]);
  types[token] = { type: "object", properties: Object.fromEntries(properties), required: schema.required ?? [] };
  return { $ref: `#/types/${token}` };
}

const described = (schema: Json): Json => (schema.description === undefined ? {} : { description: schema.description });
const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
