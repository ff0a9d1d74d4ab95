import type { ControlId } from "../components/backends/controls.ts";

/**
 * What a reader found out about one promise of a document:
 *
 * - `exact`: the definition does what the document says;
 * - `stronger`: it refuses more;
 * - `weaker`: it lets something through, or leaves something out, that the document refuses or asks for.
 */
export interface Observation {
  readonly control: ControlId;
  /** Where in the document, or a word for what belongs to no place. */
  readonly path: string;
  readonly verdict: "exact" | "stronger" | "weaker";
  /** What was compared, for people: asked, found. */
  readonly asked: string;
  readonly found: string;
}

/** Collects observations of one plan. */
export class Observations {
  readonly all: Observation[] = [];

  /** The definition has to say exactly this. */
  same(control: ControlId, path: string, asked: unknown, found: unknown): void {
    const [one, other] = [text(asked), text(found)];
    this.#add(control, path, one === other ? "exact" : "weaker", one, other);
  }

  /** The same elements, in any order; missing ones that only ever admit make it stronger. */
  sameSet(control: ControlId, path: string, asked: readonly unknown[], found: readonly unknown[]): void {
    this.same(control, path, sorted(asked), sorted(found));
  }

  /** Something that has to hold whatever the document says. */
  holds(control: ControlId, path: string, what: string, holds: boolean): void {
    this.#add(control, path, holds ? "exact" : "weaker", what, holds ? what : `not: ${what}`);
  }

  /** A number that may be smaller, because smaller refuses more. */
  atMost(control: ControlId, path: string, asked: number, found: unknown): void {
    const number = Number(found);
    const verdict = number === asked ? "exact" : number < asked && found !== undefined && found !== null ? "stronger" : "weaker";
    this.#add(control, path, verdict, String(asked), text(found));
  }

  /** What happens to a request: refused although it should pass is stronger, passed although it should be refused is weaker. */
  request(control: ControlId, path: string, asked: Outcome, found: Outcome, what: string): void {
    const verdict = asked === found ? "exact" : asked === "forwarded" ? "stronger" : found === "forwarded" ? "weaker" : "exact";
    this.#add(control, path, verdict, `${what}: ${asked}`, `${what}: ${found}`);
  }

  #add(control: ControlId, path: string, verdict: Observation["verdict"], asked: string, found: string): void {
    this.all.push({ control, path, verdict, asked, found });
  }
}

/** What becomes of a request: an answer of the gateway's own, or the way to a backend. */
export type Outcome = "forwarded" | number;

const text = (value: unknown): string => (value === undefined ? "(nothing)" : typeof value === "string" ? value : JSON.stringify(value));

export const sorted = (values: readonly unknown[]): unknown[] =>
  [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
