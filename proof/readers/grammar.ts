import type { ControlId } from "../../components/backends/controls.ts";
import type { Observations } from "../verdicts.ts";
import type { Json } from "./json.ts";

/** Takes down what is wrong with a value, and where. */
export type Say = (at: string, what: string) => void;

/**
 * What a reader takes for sound at a place of a definition. A grammar knows every field of what it describes: a field it does not know,
 * a value it does not, and a field that is left out although its default means something else are all reported.
 */
export type Grammar = (value: Json, at: string, say: Say) => void;

const shown = (value: Json): string => (value === undefined ? "nothing" : (JSON.stringify(value)?.slice(0, 120) ?? "nothing"));

/** Anything for which this holds. */
export const where =
  (holds: (value: Json) => boolean, what: string): Grammar =>
  (value, at, say) => {
    if (!holds(value)) say(at, `${what}, not ${shown(value)}`);
  };

/** Text of a value whose fields have no order. */
const spelt = (value: Json): string | undefined =>
  JSON.stringify(value, (_, one: Json) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );

/** One of these values, whole. */
export function is(...values: readonly Json[]): Grammar {
  const texts = values.map(spelt);
  return where((value) => texts.includes(spelt(value)), texts.join(" or "));
}

/** A text that is not empty, whole of this form. */
export const text = (pattern = /^[\s\S]+$/): Grammar =>
  where((value) => typeof value === "string" && pattern.test(value), `a text like ${pattern.source}`);

/** A JSON text that holds this. */
export const json =
  (grammar: Grammar): Grammar =>
  (value, at, say) => {
    let held: Json;
    try {
      held = JSON.parse(String(value));
    } catch {
      say(at, "a JSON text");
      return;
    }
    grammar(held, at, say);
  };

/** Certificates in PEM, one or more, and nothing else. */
export const certificates = text(/^\s*(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/);

/** One private key in PEM, and nothing else. */
export const privateKey = text(/^\s*-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[A-Za-z0-9+/=\s]+-----END \1-----\s*$/);

/** A number between two, both included. */
export const number = (least: number, most: number): Grammar =>
  where((value) => typeof value === "number" && value >= least && value <= most, `a number from ${least} to ${most}`);

/** A duration of protobuf's JSON form, in seconds between two. */
export const duration = (least: number, most: number): Grammar =>
  where(
    (value) =>
      typeof value === "string" &&
      /^\d+(\.\d{1,9})?s$/.test(value) &&
      Number(value.slice(0, -1)) >= least &&
      Number(value.slice(0, -1)) <= most,
    `a duration from ${least} s to ${most} s`,
  );

/** May be left out: the default is as good. */
export const maybe =
  (grammar: Grammar): Grammar =>
  (value, at, say) => {
    if (value !== undefined) grammar(value, at, say);
  };

/** Whatever another reader reads. */
export const readElsewhere: Grammar = () => undefined;

/** Not there. */
export const nothing: Grammar = where((value) => value === undefined, "nothing");

/** These fields and no others. */
export const object =
  (fields: Readonly<Record<string, Grammar>>): Grammar =>
  (value, at, say) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      say(at, `an object, not ${shown(value)}`);
      return;
    }
    for (const key of Object.keys(value)) if (!Object.hasOwn(fields, key)) say(`${at}.${key}`, "no reader knows this field");
    for (const [key, grammar] of Object.entries(fields)) grammar(value[key], `${at}.${key}`, say);
  };

/** A list of such entries. */
export const list =
  (entry: Grammar, least = 1, most = Number.POSITIVE_INFINITY): Grammar =>
  (value, at, say) => {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      say(at, `a list of ${least} or more, not ${shown(value)}`);
      return;
    }
    value.forEach((one, index) => {
      entry(one, `${at}[${index}]`, say);
    });
  };

/** These entries one after the other. */
export const sequence =
  (...entries: readonly Grammar[]): Grammar =>
  (value, at, say) => {
    if (!Array.isArray(value) || value.length !== entries.length) {
      say(at, `a list of ${entries.length}, not ${shown(value)}`);
      return;
    }
    entries.forEach((entry, index) => {
      entry(value[index], `${at}[${index}]`, say);
    });
  };

/** These values in any order, each once. */
export const elements = (...values: readonly Json[]): Grammar => {
  const sorted = (all: readonly Json[]) => all.map((one) => spelt(one) ?? "").sort();
  const wanted = sorted(values).join();
  return where((value) => Array.isArray(value) && sorted(value).join() === wanted, `the values ${wanted}`);
};

/** Any keys of this form, each with such a value. */
export const map =
  (key: RegExp, entry: Grammar, least = 0): Grammar =>
  (value, at, say) => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || Object.keys(value).length < least) {
      say(at, `an object, not ${shown(value)}`);
      return;
    }
    for (const [name, one] of Object.entries(value as Json)) {
      if (!key.test(name)) say(`${at}.${name}`, `a name like ${key.source}`);
      entry(one, `${at}.${name}`, say);
    }
  };

/** One of several forms. */
export const either =
  (...forms: readonly Grammar[]): Grammar =>
  (value, at, say) => {
    const faults = forms.map((form) => faultsOf(form, value, at));
    if (!faults.some(({ length }) => length === 0)) {
      const [best = []] = [...faults].sort((a, b) => a.length - b.length);
      for (const { at: place, what } of best) say(place, what);
    }
  };

/** What is wrong with a value, place by place. */
export function faultsOf(grammar: Grammar, value: Json, at = ""): { readonly at: string; readonly what: string }[] {
  const found: { at: string; what: string }[] = [];
  grammar(value, at, (place, what) => {
    found.push({ at: place, what });
  });
  return found;
}

/** Reports what a grammar does not take, under the control it would weaken. */
export function observeGrammar(grammar: Grammar, value: Json, control: ControlId, at: string, o: Observations): void {
  const faults = faultsOf(grammar, value, at);
  o.holds(control, at, "every field is known and sound", faults.length === 0);
  for (const { at: place, what } of faults) o.holds(control, place, what, false);
}
