const LONGEST = 60;

/**
 * A value as a message names it: short, on one line, and never a secret that was pasted into the wrong field.
 * Keys, tokens, credentials in URLs and long random-looking texts are described instead of quoted.
 */
export function show(value: unknown): string {
  if (typeof value === "string") return showText(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "null (empty)";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty map" : "a map of fields";
  return String(value);
}

function showText(text: string): string {
  if (text.includes("-----BEGIN") || text.includes("PRIVATE KEY")) return "PEM text";
  if (/eyJ[\w-]{8,}\.eyJ/.test(text)) return "a token";
  if (/[\w+/=-]{40,}/.test(text)) return `a text of ${text.length} characters`;
  return JSON.stringify(clip(text.replace(/\/\/[^/@\s]*@/, "//…@")));
}

/** The first characters of a text. */
export const clip = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}…` : text);
