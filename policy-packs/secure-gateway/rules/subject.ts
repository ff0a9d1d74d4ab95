/**
 * A resource as the rules see it, the same whether it comes from an offline plan, from the engine or from a test.
 */
export interface Subject {
  /** Pulumi type token, such as `aws:apigateway/stage:Stage`, by `typeOf`. */
  readonly type: string;
  readonly name: string;
  /** Unique in the stack: the URN, or the name where there is none yet. */
  readonly key: string;
  readonly props: Readonly<Record<string, unknown>>;
  /** Keys of the resources it uses. */
  readonly dependsOn: readonly string[];
}

/** The type of a resource without the version of the provider's API that some programs pin in it. */
export const typeOf = (token: string) => token.replace(/^(azure-native:[a-z]+)\/v\d{8}(?:preview)?:/, "$1:");

/** A property's value, or that it is not known before deployment. */
export type Reading = { readonly path: string } & ({ readonly known: true; readonly value: unknown } | { readonly known: false });

/** How an offline plan writes what only the cloud knows, and references to it. */
const LATER = "(known after deployment)";
const REFERENCE = /^\$\{[^}]*\}$/;
/** How an offline plan, and the engine's own display, write a secret. */
const SECRET = "[secret]";

/** Reads a property by its path (`a.b[0].c`); an unknown anywhere on the way makes the whole reading unknown. */
export function read(subject: Subject, path: string): Reading {
  return step(subject.props, path.match(/[^.[\]]+/g) ?? [], path);
}

/** Reads every element of a list property; one unknown reading when the list itself is not known. */
export function each(subject: Subject, path: string): Reading[] {
  const list = read(subject, path);
  if (!list.known) return [list];
  if (list.value === undefined || list.value === null) return [];
  return (Array.isArray(list.value) ? list.value : [list.value]).map((_, index) =>
    Array.isArray(list.value) ? read(subject, `${path}[${index}]`) : list,
  );
}

function step(value: unknown, keys: readonly string[], path: string): Reading {
  if (isUnknown(value)) return { path, known: false };
  const [key, ...rest] = keys;
  if (key === undefined) return { path, known: true, value };
  if (typeof value !== "object" || value === null) return { path, known: true, value: undefined };
  try {
    return step((value as Record<string, unknown>)[key], rest, path);
  } catch (error) {
    // The policy SDK throws when a value the engine does not know yet is touched.
    if (isUnknownValueError(error)) return { path, known: false };
    throw error;
  }
}

const isUnknownValueError = (error: unknown) => error instanceof Error && error.constructor.name === "UnknownValueError";

const isUnknown = (value: unknown) => typeof value === "string" && (value === LATER || value === SECRET || REFERENCE.test(value));

/** Reads a property that holds a JSON document, as text or as an object; undefined value when it is neither. */
export function readJson(subject: Subject, path: string): Reading {
  const reading = read(subject, path);
  if (!reading.known || typeof reading.value !== "string") return reading;
  try {
    return { path, known: true, value: JSON.parse(reading.value) };
  } catch {
    return { path, known: true, value: undefined };
  }
}

/** The resources of these types that use the subject. */
export function usersOf(subject: Subject, others: readonly Subject[], ...types: readonly string[]): Subject[] {
  return others.filter((other) => types.includes(other.type) && other.dependsOn.includes(subject.key));
}

/** Every text inside a value, with its path; unknown values are left out. */
export function* texts(value: unknown, path = ""): Generator<{ path: string; text: string }> {
  if (typeof value === "string") {
    if (!isUnknown(value)) yield { path, text: value };
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const inner = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    let entry: unknown;
    try {
      entry = (value as Record<string, unknown>)[key];
    } catch (error) {
      if (isUnknownValueError(error)) continue;
      throw error;
    }
    yield* texts(entry, inner);
  }
}
