import type { z } from "zod";
import type { PathPart } from "./faults.ts";
import { isPlainObject } from "./overlay.ts";
import { show } from "./show.ts";
import { nearest, suggestion } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

/** A fault whose path still has its parts. */
export interface RawFault {
  readonly path: readonly PathPart[];
  readonly message: string;
  readonly remedy: string;
}

/** Checks `value` against `schema`; returns the value with defaults filled in, or every fault. */
export function checkShape<T extends z.ZodType>(schema: T, value: unknown): { value: z.output<T> | undefined; faults: RawFault[] } {
  const result = schema.safeParse(value);
  return result.success
    ? { value: result.data, faults: [] }
    : { value: undefined, faults: shapeFaults(result.error.issues, schema, value) };
}

/** What the schema's issues mean to the person who wrote `value`. */
export function shapeFaults(issues: readonly Issue[], schema: z.ZodType, value: unknown): RawFault[] {
  return issues.flatMap((issue) => translate(issue, [], schema, value));
}

function translate(issue: Issue, prefix: readonly PathPart[], schema: z.ZodType, root: unknown): RawFault[] {
  const path = [...prefix, ...(issue.path as PathPart[])];
  const found = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(schema, path, root);
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown field ${show(key)}`,
        remedy: suggestion(
          key,
          known.filter((k) => !(isPlainObject(found) && Object.hasOwn(found, k))),
          "no further field is allowed here",
        ),
      }));
    }
    case "invalid_union":
      return translateUnion(issue, path, schema, root, found);
    case "invalid_key":
      return [
        {
          path,
          message: `${show(String(path.at(-1)))} is not a valid name here`,
          remedy: `allowed: ${issue.issues[0]?.message ?? "another name"}`,
        },
      ];
    case "invalid_value": {
      const values = issue.values.map(String);
      if (found === undefined) return [{ path, message: "is missing", remedy: `allowed: ${values.join(", ")}` }];
      const near = typeof found === "string" ? nearest(found, values) : undefined;
      // YAML reads 1.2 as a number where the document means the text.
      if ((typeof found === "number" || typeof found === "boolean") && values.includes(String(found)))
        return [
          {
            path,
            message: `expected a text, found ${typeof found === "boolean" ? "a truth value" : "a number"}`,
            remedy: `write it in quotes: "${String(found)}"`,
          },
        ];
      const remedy = issue.message.startsWith("Invalid ") ? `allowed: ${values.join(", ")}` : `allowed: ${issue.message}`;
      return [
        { path, message: `${show(found)} is not allowed`, remedy: near === undefined ? remedy : `${remedy}; did you mean "${near}"?` },
      ];
    }
    case "invalid_type": {
      const wanted = TYPE_NAMES[issue.expected] ?? issue.expected;
      const remedy = `give ${wanted}${hint(issue.expected, found, schema, path, root)}`;
      return [{ path, message: found === undefined ? "is missing" : `expected ${wanted}, found ${show(found)}`, remedy }];
    }
    case "too_small":
    case "too_big":
      return [
        {
          path,
          message: `${show(found)} is too ${SIZE_WORDS[issue.code][typeof found === "string" ? 1 : 0]}`,
          remedy: `allowed: ${bounds(issue)}`,
        },
      ];
    default:
      return [{ path, message: `${show(found)} is not accepted`, remedy: `allowed: ${issue.message}` }];
  }
}

/** What helps beyond the type's name: quotes around what YAML took for a number, or the fields of the map that is wanted. */
function hint(expected: string, found: unknown, schema: z.ZodType, path: readonly PathPart[], root: unknown): string {
  if (expected === "string" && (typeof found === "number" || typeof found === "boolean")) return ": write it in quotes";
  if (expected !== "object" || path.length === 0) return "";
  const fields = knownKeys(schema, path, root);
  return fields.length === 0 || fields.length > 12 ? "" : `: ${fields.join(", ")}`;
}

function translateUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PathPart[],
  schema: z.ZodType,
  root: unknown,
  found: unknown,
): RawFault[] {
  const options = (issue as { options?: readonly unknown[] }).options;
  if (issue.errors.length === 0 && options) {
    const names = options.map(String);
    if (found === undefined) return [{ path, message: "is missing", remedy: `allowed: ${names.join(", ")}` }];
    return [
      {
        path,
        message: `${show(found)} is not allowed`,
        remedy: typeof found === "string" ? suggestion(found, names, "") : `allowed: ${names.join(", ")}`,
      },
    ];
  }
  // The branch whose own type fits is the one the writer meant; its faults say more than "none of these".
  const meant = issue.errors.filter((branch) => branch.every((e) => e.path.length > 0 || e.code === "unrecognized_keys"));
  const branch = meant.length > 0 ? meant.reduce((a, b) => (b.length < a.length ? b : a)) : undefined;
  if (branch) return branch.flatMap((nested) => translate(nested, path, schema, root));
  if (found === undefined) return [{ path, message: "is missing", remedy: `allowed: ${issue.message}` }];
  const reasons = issue.errors.flat().filter((e) => e.code !== "invalid_type" && e.path.length === 0);
  return [
    {
      path,
      message: `${show(found)} is not accepted`,
      remedy: `allowed: ${issue.message === "Invalid input" ? (reasons[0]?.message ?? "another value") : issue.message}`,
    },
  ];
}

const SIZE_WORDS = { too_small: ["small", "short"], too_big: ["large", "long"] } as const;

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "a map of fields",
  record: "a map of names",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function bounds(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (!issue.message.startsWith("Too ")) return issue.message;
  const limit = issue.code === "too_small" ? `${issue.minimum} or more` : `${issue.maximum} or less`;
  if (issue.origin === "string") return `${limit} characters`;
  if (issue.origin === "array") return `${limit} entries`;
  return limit;
}

function valueAt(root: unknown, path: readonly PathPart[]): unknown {
  let value = root;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === "number") value = value[part];
    else if (isPlainObject(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  innerType?: z.ZodType;
  valueType?: z.ZodType;
  element?: z.ZodType;
  options?: z.ZodType[];
}

const definitionOf = (schema: z.ZodType) => (schema as unknown as { _zod: { def: Definition } })._zod.def;

/** Field names the schema allows at `path`, used for "did you mean". */
function knownKeys(schema: z.ZodType, path: readonly PathPart[], root: unknown): string[] {
  let candidates = [schema];
  let value = root;
  for (const part of path) {
    candidates = candidates.flatMap((candidate) => children(candidate, part));
    value = valueAt(value, [part]);
  }
  const objects = candidates.flatMap(objectsIn);
  const keys = isPlainObject(value) ? Object.keys(value) : [];
  // Of several object branches, the ones sharing most keys with what was written.
  const score = (shape: Record<string, z.ZodType>) =>
    keys.filter((key) => Object.hasOwn(shape, key) && literalFits(shape[key], value, key)).length;
  const best = Math.max(...objects.map(score));
  return [...new Set(objects.filter((shape) => score(shape) === best).flatMap((shape) => Object.keys(shape)))].filter(
    (key) => key !== "$schema",
  );
}

function literalFits(schema: z.ZodType | undefined, value: unknown, key: string): boolean {
  if (schema === undefined) return false;
  return definitionOf(schema).type !== "literal" || schema.safeParse((value as Record<string, unknown>)[key]).success;
}

function children(schema: z.ZodType, part: PathPart): z.ZodType[] {
  const def = definitionOf(schema);
  if (def.innerType) return children(def.innerType, part);
  if (def.options) return def.options.flatMap((option) => children(option, part));
  if (def.shape) return Object.hasOwn(def.shape, part) && def.shape[part] ? [def.shape[part]] : [];
  if (def.valueType) return [def.valueType];
  return def.element ? [def.element] : [];
}

function objectsIn(schema: z.ZodType): Record<string, z.ZodType>[] {
  const def = definitionOf(schema);
  if (def.innerType) return objectsIn(def.innerType);
  if (def.options) return def.options.flatMap(objectsIn);
  return def.shape ? [def.shape] : [];
}
