import { PlainSecret } from "../../automation/plan/recorder.ts";

/**
 * What an input has to say: a `Matcher`, an array of shapes, an object of shapes, or the value itself. An object names every field there may be:
 * one it does not name is a fault, so that nothing goes unread. A field whose shape is undefined must not be there.
 */
export type Shape = unknown;

/** A shape that is more than a value to compare with. */
export class Matcher {
  readonly #check: (value: unknown, at: string) => string[];

  constructor(check: (value: unknown, at: string) => string[]) {
    this.#check = check;
  }

  /** What is wrong, each as a place and a few words. */
  faults(value: unknown, at: string): string[] {
    return this.#check(value, at);
  }
}

/** Something a predicate holds for. */
export const is = (what: string, holds: (value: unknown) => boolean): Matcher =>
  new Matcher((value, at) => (holds(open(value)) ? [] : [`${at} is not ${what}`]));

/** A text that fits. */
export const like = (pattern: RegExp): Matcher => is(`like ${pattern}`, (value) => typeof value === "string" && pattern.test(value));

/** A number within what the cloud takes, both ends included. */
export const between = (least: number, most: number): Matcher =>
  is(`between ${least} and ${most}`, (value) => typeof value === "number" && value >= least && value <= most);

/** Words for people, or none. */
export const prose: Matcher = is("text", (value) => value === undefined || typeof value === "string");

/** The shape, or nothing. */
export const optional = (shape: Shape): Matcher => new Matcher((value, at) => (value === undefined ? [] : faultsOf(shape, value, at)));

/** The shape, marked secret, so that it is encrypted in the state and masked in plans. */
export const secret = (shape: Shape): Matcher =>
  new Matcher((value, at) => (value instanceof PlainSecret ? faultsOf(shape, value.value, at) : [`${at} is not secret`]));

/** JSON text of the shape. */
export const json = (shape: Shape): Matcher =>
  new Matcher((value, at) => {
    try {
      return faultsOf(shape, JSON.parse(String(open(value))), at);
    } catch {
      return [`${at} is not JSON`];
    }
  });

/** These values in any order. */
export const unordered = (values: readonly unknown[]): Matcher =>
  new Matcher((value, at) => {
    const found = open(value);
    const text = (list: readonly unknown[]) => list.map((one) => JSON.stringify(sortedKeys(one))).sort();
    return Array.isArray(found) ? faultsOf(text(values), text(found), at) : [`${at} is not a list`];
  });

/** A list of at least one, all of one shape. */
export const each = (shape: Shape): Matcher =>
  new Matcher((value, at) => {
    const found = open(value);
    if (!Array.isArray(found) || found.length === 0) return [`${at} is empty`];
    return found.flatMap((entry, index) => faultsOf(shape, entry, `${at}[${index}]`));
  });

/** Any one of the shapes. */
export const oneOf = (...shapes: readonly Shape[]): Matcher =>
  new Matcher((value, at) =>
    shapes.some((shape) => faultsOf(shape, value, at).length === 0) ? [] : [`${at} is none of ${shapes.length} things`],
  );

const sortedKeys = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const open = (value: unknown): unknown => (value instanceof PlainSecret ? value.value : value);

/** What of a value is not as its shape says. */
export function faultsOf(shape: Shape, value: unknown, at = ""): string[] {
  if (shape instanceof Matcher) return shape.faults(value, at);
  const found = open(value);
  if (Array.isArray(shape)) {
    if (!Array.isArray(found)) return [`${at} is not a list`];
    if (found.length !== shape.length) return [`${at} has ${found.length} entries, not ${shape.length}`];
    return shape.flatMap((entry, index) => faultsOf(entry, found[index], `${at}[${index}]`));
  }
  if (typeof shape === "object" && shape !== null) return objectFaults(shape as Record<string, Shape>, found, at);
  return Object.is(shape, found) ? [] : [`${at} is ${shorten(found)}, not ${shorten(shape)}`];
}

function objectFaults(shape: Record<string, Shape>, found: unknown, at: string): string[] {
  if (typeof found !== "object" || found === null || Array.isArray(found)) return [`${at} is ${shorten(found)}, not an object`];
  const own = found as Record<string, unknown>;
  const place = (key: string) => (at === "" ? key : `${at}.${key}`);
  const unknown = Object.keys(own).filter((key) => own[key] !== undefined && !(key in shape));
  return [
    ...unknown.map((key) => `${place(key)} is nothing this reader knows`),
    ...Object.entries(shape).flatMap(([key, entry]) => faultsOf(entry, own[key], place(key))),
  ];
}

const shorten = (value: unknown): string => {
  const text = value === undefined ? "missing" : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};
