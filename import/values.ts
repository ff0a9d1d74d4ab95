import { cidr, headerName, headerValue } from "../components/spec/schema/primitives.ts";
import type { Draft } from "./draft.ts";
import type { Field } from "./reader.ts";

/** Milliseconds as the document writes durations. */
export function milliseconds(value: number): string | undefined {
  const whole = Math.round(value);
  if (whole < 1) return undefined;
  if (whole % 3_600_000 === 0) return `${whole / 3_600_000}h`;
  if (whole % 1000 === 0) return `${whole / 1000}s`;
  return `${whole}ms`;
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A duration of Gateway API or Go, such as 1m30s or 500ms; undefined when it is none or zero. */
export function durationText(text: string): string | undefined {
  if (!/^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([0-9.]+)(ms|s|m|h)/g)];
  return milliseconds(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as keyof typeof UNITS], 0));
}

/** Reads a duration; one that cannot be written in a document is reported. */
export function readDuration(owner: Field, key: string): string | undefined {
  const text = owner.text(key);
  if (text === undefined) return undefined;
  const duration = durationText(text);
  if (duration === undefined)
    owner.at(key)?.leave("behaviour", `${JSON.stringify(text)} is no time limit`, "give a time limit in the document");
  return duration;
}

/** Address blocks; a single address gets its full length. What is no address is reported. */
export function readCidrs(owner: Field, key: string): string[] {
  return owner.items(key).flatMap((item) => {
    const text = item.text();
    const block = text === undefined ? undefined : cidrOf(text);
    if (text !== undefined && block === undefined)
      item.leave("protection", "it is no IPv4 or IPv6 address block", "say the addresses in access of the document");
    return block ?? [];
  });
}

export function cidrOf(text: string): string | undefined {
  const block = text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`;
  return cidr.safeParse(block).success && /^[0-9a-fA-F.:]+\/[0-9]+$/.test(block) ? block.toLowerCase() : undefined;
}

/** A header name as the document writes it; undefined when it cannot stand there. */
export function headerOf(text: string): string | undefined {
  const name = text.toLowerCase();
  return headerName.safeParse(name).success ? name : undefined;
}

/** Header name and value, or a remark at `at`. */
export function headerPair(at: Field, name: string, value: string): Record<string, string> {
  const header = headerOf(name);
  if (header !== undefined && headerValue.safeParse(value).success) return { [header]: value };
  at.leave("behaviour", "this header cannot be written in a document", "use letters, digits and hyphens, and printable ASCII as the value");
  return {};
}

/** Host of a URL or host name offered as public name; undefined for addresses, patterns and names of the cloud's own. */
export function publicName(text: string): string | undefined {
  const host = text.toLowerCase().replace(/\.$/, "");
  return /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$/.test(host) ? host : undefined;
}

/**
 * The URL of a backend: taken over when it is https, asked for when it is not. Nothing turns http into https without being told that the
 * backend speaks it.
 */
export function backendUrl(draft: Draft, backend: string, text: string | undefined, why = "the input names none"): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  if (url?.protocol === "https:" && url.search === "" && url.hash === "" && url.username === "" && !/[{}$]|%7[bd]/i.test(text ?? ""))
    return `https://${url.host}${url.pathname.replace(/\/+$/, "")}`;
  const found = url === null ? why : `the input has ${JSON.stringify(text)}`;
  draft.ask(`backends.${backend}.url`, `the https:// address of this backend; ${found}`);
  return undefined;
}

export const ALL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
/** Says that a route for every method carries the usual ones only. */
export const remarkAllMethods = (field: Field) =>
  field.remark(
    "behaviour",
    `every method was carried; now ${ALL_METHODS.join(", ")} and HEAD are`,
    "list in methods those that are needed",
  );

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export const isMethod = (text: string) => METHODS.includes(text);

/** Expressions and named values of API Management are evaluated there, not here. */
export const isComputed = (text: string) => /@[({]|\{\{/.test(text);
