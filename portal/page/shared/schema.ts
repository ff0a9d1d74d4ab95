import type { Step } from "./yaml-place.ts";

/** What this module reads of a JSON Schema. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A field that may stand at a place. */
export interface FieldOffer {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** A schema and those it is a choice of. */
export function alternatives(schema: Schema): readonly Schema[] {
  const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  return [schema, ...choices.flatMap(alternatives)];
}

/** The schemas of what stands at the end of a way. */
export function schemasAt(root: Schema, path: readonly Step[]): readonly Schema[] {
  let schemas = alternatives(root);
  for (const step of path) schemas = schemas.flatMap((schema) => below(schema, step)).flatMap(alternatives);
  return schemas;
}

function below({ properties, additionalProperties, items }: Schema, step: Step): readonly Schema[] {
  if (typeof step === "number") return items === undefined ? [] : [items];
  if (properties !== undefined && Object.hasOwn(properties, step)) return [properties[step] as Schema];
  return typeof additionalProperties === "object" ? [additionalProperties] : [];
}

/** Fields that may stand in a map, those that have to first. */
export function fieldsAt(root: Schema, path: readonly Step[], present: readonly string[]): readonly FieldOffer[] {
  const offers = new Map<string, FieldOffer>();
  for (const { properties = {}, required = [] } of schemasAt(root, path))
    for (const [name, schema] of Object.entries(properties))
      if (!present.includes(name) && !offers.has(name) && name !== "$schema")
        offers.set(name, { name, schema, required: required.includes(name) });
  return [...offers.values()].sort((a, b) => Number(b.required) - Number(a.required));
}

/** Values that may stand at a place, as YAML, where they can be listed. */
export function valuesAt(root: Schema, path: readonly Step[]): readonly { readonly text: string; readonly description: string }[] {
  const values = new Map<string, string>();
  for (const { enum: choices = [], const: only, type, examples = [], description = "" } of schemasAt(root, path)) {
    const listed = [...choices, ...(only === undefined ? [] : [only]), ...(type === "boolean" ? [true, false] : []), ...examples];
    for (const value of listed) if (!values.has(yaml(value))) values.set(yaml(value), description);
  }
  return [...values].map(([text, description]) => ({ text, description }));
}

const yaml = (value: unknown): string =>
  typeof value === "string" && /^[A-Za-z][\w/.-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);

/** What a field means, for people: its description, what it takes, its default. */
export function describe(schema: Schema): { readonly text: string; readonly facts: readonly string[] } {
  const all = alternatives(schema);
  const text = all.find(({ description }) => description !== undefined)?.description ?? "";
  const types = [...new Set(all.flatMap(({ type }) => type ?? []))];
  const choices = [
    ...new Set(all.flatMap(({ enum: listed = [], const: only }) => [...listed, ...(only === undefined ? [] : [only])]).map(yaml)),
  ];
  const facts = [];
  if (choices.length > 0 && choices.length <= 12) facts.push(`one of ${choices.join(", ")}`);
  else if (types.length > 0) facts.push(types.join(" or "));
  const { minimum, maximum } = schema;
  if (minimum !== undefined || maximum !== undefined) facts.push(`${minimum ?? ""} to ${maximum ?? ""}`.trim());
  if (schema.default !== undefined) facts.push(`default ${JSON.stringify(schema.default)}`);
  return { text, facts };
}
