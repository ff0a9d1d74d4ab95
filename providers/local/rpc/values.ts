/** Property values as the engine sends them: plain JSON in which secrets and unknown values are marked. */

/** Keys from the outside in; as a pattern, `*` stands for any key. */
export type Path = readonly string[];

/** Stands for a value that is known only once another resource exists; only previews have them. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Properties with the marks taken off: unknown values are `UNKNOWN`, and secrets are listed by path. */
export interface Properties {
  readonly values: Readonly<Record<string, unknown>>;
  readonly secrets: readonly Path[];
}

// The engine's protocol fixes these three words (pulumi/pulumi, sdk/go/common/resource/sig and plugin/rpc.go).
const UNKNOWN_MARK = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Takes the marks off. @param wire undefined stands for no properties */
export function decode(wire: unknown): Properties {
  const secrets: Path[] = [];
  const strip = (value: unknown, path: Path): unknown => {
    if (value === UNKNOWN_MARK) return UNKNOWN;
    if (Array.isArray(value)) return value.map((item, index) => strip(item, [...path, String(index)]));
    if (!isRecord(value)) return value;
    if (value[SIGNATURE_KEY] === SECRET_SIGNATURE) {
      secrets.push(path);
      return strip(value.value, path);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(item, [...path, key])]));
  };
  return { values: strip(wire ?? {}, []) as Record<string, unknown>, secrets };
}

/** Puts the marks on: what matches a pattern of `secrets` becomes a secret. Properties that are undefined are left out. */
export function encode(values: Readonly<Record<string, unknown>>, secrets: readonly Path[]): Record<string, unknown> {
  const mark = (value: unknown, path: Path, within: boolean): unknown => {
    const secret = !within && secrets.some((pattern) => matches(pattern, path));
    const inner = markInside(value, path, within || secret);
    return secret ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: inner } : inner;
  };
  const markInside = (value: unknown, path: Path, within: boolean): unknown => {
    if (value === UNKNOWN) return UNKNOWN_MARK;
    if (Array.isArray(value)) return value.map((item, index) => mark(item, [...path, String(index)], within));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, mark(item, [...path, key], within)]),
    );
  };
  return markInside(values, [], false) as Record<string, unknown>;
}

/** True when the value is unknown or holds something unknown. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isRecord(value) && Object.values(value).some(hasUnknown);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function matches(pattern: Path, path: Path): boolean {
  return pattern.length === path.length && pattern.length > 0 && pattern.every((key, index) => key === "*" || key === path[index]);
}
