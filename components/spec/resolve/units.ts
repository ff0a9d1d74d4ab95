import type { PathPart } from "../faults.ts";
import type { ResolveContext } from "./context.ts";

const DURATIONS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const SIZES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** Milliseconds of a duration the schema has accepted. */
export function milliseconds(text: string): number {
  const match = /^([0-9]+)(ms|s|m|h)$/.exec(text);
  if (!match) throw new Error(`not a duration: ${text}`);
  return Number(match[1]) * DURATIONS[match[2] as keyof typeof DURATIONS];
}

/** Seconds of a duration that is compared in whole seconds at run time; a fault when it has a fraction. */
export function wholeSeconds(text: string, path: readonly PathPart[], ctx: ResolveContext): number {
  const seconds = milliseconds(text) / 1000;
  if (!Number.isInteger(seconds)) ctx.fault(path, `"${text}" is not a whole number of seconds`, "give whole seconds, such as 5s");
  return Math.floor(seconds);
}

/** Milliseconds of a duration, and a fault when it is outside `least` and `most`, which are written as documents write them. */
export function boundedMilliseconds(text: string, least: string, most: string, path: readonly PathPart[], ctx: ResolveContext): number {
  const ms = milliseconds(text);
  if (ms < milliseconds(least)) ctx.fault(path, `"${text}" is too short`, `allowed: ${least} to ${most}`);
  if (ms > milliseconds(most)) ctx.fault(path, `"${text}" is too long`, `allowed: ${least} to ${most}`);
  return ms;
}

/** Bytes of a size the schema has accepted. */
export function bytes(size: number | string): number {
  if (typeof size === "number") return size;
  const match = /^([0-9]+)(B|KiB|MiB|GiB)$/.exec(size);
  if (!match) throw new Error(`not a size: ${size}`);
  return Number(match[1]) * SIZES[match[2] as keyof typeof SIZES];
}
