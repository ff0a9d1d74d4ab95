/** A parsed definition; readers look into it without a schema. */
// biome-ignore lint/suspicious/noExplicitAny: definitions are read without a schema, and what is missing reads undefined
export type Json = any;

/** JSON text or what it would be parsed to. */
export const parsed = (value: unknown): Json => (typeof value === "string" ? JSON.parse(value) : value);
