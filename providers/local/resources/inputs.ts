import type * as z from "zod";
import { shapeFaults } from "../../../components/spec/shape.ts";
import { hasUnknown, type Path, type Properties, UNKNOWN } from "../rpc/values.ts";
import type { Failure, ResourceKind } from "./kind.ts";

// biome-ignore lint/suspicious/noExplicitAny: a kind whose properties are known only to itself
export type AnyKind = ResourceKind<any, any>;

/** Judges inputs: defaults filled in, and every failure. What is still unknown is not judged. */
export function checkInputs(
  kind: AnyKind,
  wanted: Properties,
  before: Readonly<Record<string, unknown>>,
): { values: Record<string, unknown>; failures: Failure[] } {
  const parsed = kind.inputs.safeParse(wanted.values);
  if (parsed.success) return { values: parsed.data, failures: kind.check?.(parsed.data, before) ?? [] };
  const secrets = [...wanted.secrets, ...kind.secretInputs];
  const failures = shapeFaults(parsed.error.issues, kind.inputs, wanted.values)
    .filter(({ path }) => !hasUnknown(at(wanted.values, path)))
    .map(({ path, message, remedy }) => ({
      property: propertyText(path),
      reason: secrets.some((secret) => covers(secret, path)) ? `is not accepted: ${remedy}` : `${message}: ${remedy}`,
    }));
  return { values: withDefaults(kind, wanted.values), failures };
}

/** `files["xds/lds.json"]`, `services.orders.port`, `dnsNames[0]`. */
export function propertyText(path: readonly (string | number)[]): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}

function withDefaults(kind: AnyKind, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shape = (kind.inputs as z.ZodType as z.ZodObject).shape;
  const filled = Object.entries(shape).flatMap(([key, schema]) => {
    if (values[key] !== undefined) return [];
    const parsed = (schema as z.ZodType).safeParse(undefined);
    return parsed.success && parsed.data !== undefined ? [[key, parsed.data]] : [];
  });
  return { ...values, ...Object.fromEntries(filled) };
}

function at(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const part of path) {
    if (value === UNKNOWN || typeof value !== "object" || value === null) return value;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** True when what lies at `path` is part of the secret. */
const covers = (secret: Path, path: readonly (string | number)[]) =>
  secret.length <= path.length && secret.every((key, index) => key === "*" || key === String(path[index]));
