import { redact } from "./redact.ts";
import type { RenderedFile } from "./render.ts";

const LONGEST = 1000;

/**
 * The reason in a line of Envoy's: without time, place in Envoy's source and the configuration it repeats, and without secrets.
 *
 * @param lines what Envoy printed, newest last
 */
export function reasonOf(lines: readonly string[], files: Iterable<RenderedFile>): string | undefined {
  const told = lines.map((line) => line.trim()).filter((line) => line !== "");
  const complaint =
    told.findLast((line) => /config update (rejected|failure)|config rejected/.test(line)) ??
    told.findLast((line) => /\[(critical|error)\]/.test(line)) ??
    told.at(-1);
  if (complaint === undefined) return undefined;
  const text = complaint
    .replace(/^(\[[^\]]*\]\s*)+/, "")
    .replaceAll("\\n", " ")
    .replace(/^Filesystem config update (rejected|failure): /, "")
    // Envoy repeats the whole message in front of, or the whole file behind, what is wrong with it.
    .replace(/.*(Proto constraint validation failed \()/s, "$1")
    .replace(/(Unable to parse JSON as proto \([^)]*\)).*/s, "$1")
    .replace(/^error `(.*?)` initializing config .*/s, "$1")
    .replace(/\s+/g, " ")
    .trim();
  const clean = redact(text, files);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}
