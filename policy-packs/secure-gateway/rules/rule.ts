import type { Reading, Subject } from "./subject.ts";

export type Severity = "critical" | "high" | "medium" | "low";

/**
 * What a rule finds about one resource.
 *
 * - `pass`: holds.
 * - `fail`: does not hold; `path` is the resource's own property.
 * - `undefined`: cannot be judged before deployment, because `path` is a value only the cloud knows.
 */
export type Verdict =
  | { readonly result: "pass" }
  | { readonly result: "fail"; readonly path: string; readonly message: string }
  | { readonly result: "undefined"; readonly path: string };

/** One rule that every gateway has to keep, whoever wrote its program. */
export interface Rule {
  /** Stable identifier, such as `aws-rest-default-endpoint`: what a configuration names to change the level. */
  readonly id: string;
  /** One sentence in the imperative: what has to hold. */
  readonly title: string;
  /** What goes wrong where it does not hold. */
  readonly why: string;
  /** What to do. */
  readonly remedy: string;
  readonly severity: Severity;
  /** `mandatory` stops a deployment, `advisory` warns. */
  readonly level: "mandatory" | "advisory";
  /** The rules of others that ask for the same: checkov's CKV_…, AWS Security Hub's controls, benchmarks; empty where the rule is this project's own. */
  readonly sources: readonly string[];
  /** Pulumi type tokens it looks at; `*` for every resource. */
  readonly types: readonly string[];
  /** Judges one resource; `others` holds the whole stack, where what matters is another resource next to it. */
  readonly judge: (subject: Subject, others: readonly Subject[]) => Verdict;
  /** True where `judge` looks at `others`. */
  readonly wholeStack?: true;
  /** True where only an offline plan can tell: the engine shows policies secrets in clear, without saying that they are secrets. */
  readonly planOnly?: true;
  /** New inputs that make the resource hold, where that is safe to do without asking. */
  readonly remediate?: (props: Record<string, unknown>) => Record<string, unknown>;
}

export const PASS: Verdict = { result: "pass" };
export const fail = (path: string, message: string): Verdict => ({ result: "fail", path, message });
export const undecided = (path: string): Verdict => ({ result: "undefined", path });

/** The first verdict that is not a pass; failures before what is undecided. */
export function all(...verdicts: readonly Verdict[]): Verdict {
  return verdicts.find(({ result }) => result === "fail") ?? verdicts.find(({ result }) => result === "undefined") ?? PASS;
}

/** Judges a value once it is known: `test` says whether it holds, `message` what was found. */
export function expect(reading: Reading, test: (value: unknown) => boolean, message: (value: unknown) => string): Verdict {
  if (!reading.known) return undecided(reading.path);
  return test(reading.value) ? PASS : fail(reading.path, message(reading.value));
}

/** Holds when the property is exactly this value. */
export function equals(reading: Reading, wanted: unknown): Verdict {
  return expect(
    reading,
    (value) => value === wanted,
    (value) => `is ${shown(value)}, has to be ${shown(wanted)}`,
  );
}

/** Holds when the property is one of these values. */
export function oneOf(reading: Reading, wanted: readonly unknown[]): Verdict {
  return expect(
    reading,
    (value) => wanted.includes(value),
    (value) => `is ${shown(value)}, has to be one of ${wanted.map(shown).join(", ")}`,
  );
}

/** Holds when the property is set to anything, known or not. */
export function present(reading: Reading): Verdict {
  return reading.known && (reading.value === undefined || reading.value === null || reading.value === "")
    ? fail(reading.path, "is missing")
    : PASS;
}

export function shown(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
