const LONGEST = 60;

/**
 * A value as a message names it: short, on one line, and never a secret that was pasted into the wrong field.
 * Keys, tokens, credentials in URLs and long random-looking texts are described instead of quoted.
 */
export function show(value: unknown, longest = LONGEST): string {
  if (typeof value === "string") return showText(value, longest);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "null (empty)";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty map" : "a map of fields";
  return String(value);
}

function showText(text: string, longest: number): string {
  if (text.includes("-----BEGIN") || text.includes("PRIVATE KEY")) return "PEM text";
  if (/eyJ[\w-]{8,}\.eyJ/.test(text)) return "a token";
  if (/[\w+/=-]{40,}/.test(text)) return `a text of ${text.length} characters`;
  return JSON.stringify(clip(text.replace(/\/\/[^/@\s]*@/g, "//…@"), longest));
}

/** The first characters of a text. */
const clip = (text: string, longest: number): string => (text.length > longest ? `${text.slice(0, longest - 3)}…` : text);
