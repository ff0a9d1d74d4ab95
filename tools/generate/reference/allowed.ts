import { documentShape, type JsonSchema } from "../../../components/spec/json-schema/document.ts";

/** What names of routes, backends and so on may be; said once for all of them. */
export const NAME_RULE = documentShape().properties?.backends?.propertyNames?.patternErrorMessage ?? "";

/** What may stand in a field, in words; empty when its own section says it. */
export function allowedText(schema: JsonSchema): string {
  if (schema.errorMessage !== undefined) return withoutArticles(schema.errorMessage);
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) return alternatives(branches.map(allowedText));
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(", ");
  switch (schema.type) {
    case "boolean":
      return "`true`, `false`";
    case "integer":
    case "number":
      return numberText(schema);
    case "array":
      return listText(schema);
    case "object":
      return objectText(schema);
    case "null":
      return "`null`";
    default:
      return stringText(schema);
  }
}

/** A field's default as the table shows it. */
export function defaultText(schema: JsonSchema, required: boolean): string {
  if (required) return "**required**";
  if (schema.default === undefined) return "";
  const value = JSON.stringify(schema.default);
  return value === "{}" || value === "[]" ? "" : code(schema.default);
}

/** A value as code. */
export const code = (value: unknown): string => `\`${typeof value === "string" ? value : inline(value)}\``;

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => (typeof item === "string" ? item : inline(item))).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${typeof item === "string" ? item : inline(item)}`)
      .join(", ")} }`;
  return String(value);
}

function numberText({ type, minimum, maximum }: JsonSchema): string {
  const what = type === "integer" ? "whole number" : "number";
  if (minimum !== undefined && maximum !== undefined) return `${what}, ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${what}, ${minimum} or more`;
  return what;
}

function stringText({ patternErrorMessage, minLength, maxLength, format, pattern, examples }: JsonSchema): string {
  if (patternErrorMessage !== undefined) return patternErrorMessage;
  if (format === "uri") return pattern === "^https?://" ? "URL" : "`https://` URL";
  if (examples) return `text, such as ${examples.map(code).join(", ")}`;
  if (maxLength !== undefined) return `text, ${minLength ?? 0} to ${maxLength} characters`;
  return "text";
}

function listText({ items, minItems, maxItems }: JsonSchema): string {
  const entries = items === undefined ? "" : allowedText(items);
  const shape = entries === "" || entries === "map of fields" ? "list of maps" : `list of: ${entries}`;
  const bounds = [minItems === undefined ? "" : `at least ${minItems}`, maxItems === undefined ? "" : `at most ${maxItems}`];
  return [shape, ...bounds.filter((bound) => bound !== "")].join("; ");
}

function objectText({ additionalProperties, propertyNames, properties }: JsonSchema): string {
  const secret = properties && Object.keys(properties).length === 1 && properties.secret;
  if (properties) return secret ? "`{ secret: name }`" : "map of fields";
  const names = propertyNames?.patternErrorMessage ?? (propertyNames ? allowedText(propertyNames) : "text");
  const entry = typeof additionalProperties === "object" ? allowedText(additionalProperties) : "";
  const values = entry === "" || entry === "map of fields" ? "" : `; values: ${entry}`;
  return names === NAME_RULE ? `map by name${values}` : `map; keys: ${names}${values}`;
}

function alternatives(parts: readonly string[]): string {
  const distinct = [...new Set(parts.filter((part) => part !== ""))];
  return distinct.join(", or ");
}

const withoutArticles = (message: string) => message.replace(/^the word /, "");
