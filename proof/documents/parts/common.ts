import type { Dice } from "../dice.ts";

/** Fields of a document that is being made. */
export type Fields = Record<string, unknown>;

/** Methods a route may have. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** Words paths are made of. */
export const WORDS = ["orders", "items", "users", "feed", "admin", "stock", "files", "v1", "reports", "tenants"];

/** What the rest of a document may name. */
export interface World {
  readonly providers: readonly string[];
  readonly plans: readonly string[];
  readonly consumers: readonly string[];
  readonly certificates: boolean;
  readonly backends: readonly string[];
}

/** Entries under names of their own. */
export function named(dice: Dice, prefix: string, count: number, make: () => unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}-${"abc"[index]}${dice.between(10, 99)}`, make()]));
}
