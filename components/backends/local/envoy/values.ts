/** A value of Envoy's configuration, in the JSON form of its protocol buffers (snake_case, as Envoy's reference spells it). */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [field: string]: Json | undefined;
}

/** A configuration message with its type, as `Any` fields hold it. */
export const typed = (type: string, config: JsonObject = {}): JsonObject => ({ "@type": `type.googleapis.com/${type}`, ...config });

/** Milliseconds → protocol buffer duration. */
export const duration = (ms: number): string => `${ms / 1000}s`;

/** A text that Envoy would read as a format string, taken literally. */
export const literal = (text: string): string => text.replaceAll("%", "%%");

/** A text taken literally inside a regular expression of RE2. */
export const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Matches one of these texts, whole. */
export function oneOf(texts: readonly string[]): JsonObject {
  return texts.length === 1 ? { exact: texts[0] } : { safe_regex: { regex: texts.map(escapeRegex).join("|") } };
}

/** Sets a header whatever was there before; `value` is a format string of Envoy. */
export const setHeader = (key: string, value: string): JsonObject => ({
  header: { key, value },
  append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
});

/** Adds a header to what is there; `value` is a format string of Envoy. */
export const addHeader = (key: string, value: string): JsonObject => ({
  header: { key, value },
  append_action: "APPEND_IF_EXISTS_OR_ADD",
});

/** A discovery response: what a file that Envoy watches holds. */
export const discovery = (type: string, resources: readonly JsonObject[]): JsonObject => ({
  resources: resources.map((resource) => typed(type, resource)),
});

/** Only the entries that have a value, so that what is absent does not stand in the configuration. */
export const present = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Off for one route: an HTTP filter that is on elsewhere. */
export const DISABLED = typed("envoy.config.route.v3.FilterConfig", { disabled: true });
