import type { JsonObject } from "./values.ts";

/** Where Envoy's token filter puts the header of a verified token; the payload stands under the provider's name, which has no colon. */
export const providerHeaderKey = (provider: string): string => `${provider}:header`;

/** A text that is one of these, or a list that holds one of them. */
export function textOrList(values: readonly string[]): JsonObject {
  const one = anyOf(values.map((value) => ({ string_match: { exact: value } })));
  return anyOf([one, { list_match: { one_of: one } }]);
}

/**
 * How a claim's accepted values are looked for: as a text, in a list of texts, or as the number or truth value the text spells.
 * A dot reaches into an object, except in a name that is a URL, whose dots are its own.
 */
export function claimMatch(claim: string, values: readonly string[]): { path: string[]; value: JsonObject }[] {
  const value = anyOf([textOrList(values), ...values.flatMap(scalar)]);
  return claimPaths(claim).map((path) => ({ path, value }));
}

/** Paths a claim can stand under. */
export function claimPaths(claim: string): string[][] {
  if (!claim.includes(".")) return [[claim]];
  return isUrl(claim) ? [[claim]] : [claim.split(".")];
}

/** A claim named by a URL, as OpenID Connect's collision-resistant names are. */
const isUrl = (claim: string): boolean => /^[a-z][a-z0-9+-]*:/i.test(claim);

function scalar(value: string): JsonObject[] {
  if (value === "true" || value === "false") return [{ bool_match: value === "true" }];
  const number = Number(value);
  return String(number) === value ? [{ double_match: { exact: number } }] : [];
}

function anyOf(matches: readonly JsonObject[]): JsonObject {
  return matches.length === 1 ? (matches[0] as JsonObject) : { or_match: { value_matchers: matches } };
}
