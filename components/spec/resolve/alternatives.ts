import type { z } from "zod";
import type { Alternative } from "../model.ts";
import type { alternative } from "../schema/access.ts";

/** An alternative in the model's terms: lists instead of single words, each entry once. */
export function toAlternative(item: z.output<typeof alternative>): Alternative {
  const claims = Object.fromEntries(
    Object.entries(item.claims).map(([claim, values]) => [claim, typeof values === "string" ? [values] : [...new Set(values)].sort()]),
  );
  const distinct = (names: readonly string[]) => [...new Set(names)].sort();
  return {
    jwt: item.jwt === undefined ? undefined : { providers: distinct([item.jwt].flat()), scopes: distinct(item.scopes), claims },
    apiKey: item.apiKey && { plans: item.apiKey === true ? undefined : distinct(item.apiKey.plans) },
    clientCertificate: item.clientCertificate && {
      subjectAltNames: item.clientCertificate === true ? undefined : distinct(item.clientCertificate.subjectAltNames),
    },
  };
}

/** True when everybody `narrow` admits is admitted by `wide` as well. */
export function admitsOnly(narrow: Alternative, wide: Alternative): boolean {
  return (
    jwtWithin(narrow.jwt, wide.jwt) &&
    namesWithin(narrow.apiKey, wide.apiKey) &&
    namesWithin(narrow.clientCertificate, wide.clientCertificate)
  );
}

function jwtWithin(narrow: Alternative["jwt"], wide: Alternative["jwt"]): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  return (
    subset(narrow.providers, wide.providers) &&
    subset(wide.scopes, narrow.scopes) &&
    Object.entries(wide.claims).every(
      ([claim, values]) => Object.hasOwn(narrow.claims, claim) && subset(narrow.claims[claim] ?? [], values),
    )
  );
}

type Names = { readonly plans: readonly string[] | undefined } | { readonly subjectAltNames: readonly string[] | undefined };

function namesWithin(narrow: Names | undefined, wide: Names | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  const all = namesOf(wide);
  const some = namesOf(narrow);
  return all === undefined || (some !== undefined && subset(some, all));
}

const namesOf = (item: Names) => ("plans" in item ? item.plans : item.subjectAltNames);

const subset = (part: readonly string[], whole: readonly string[]) => part.every((item) => whole.includes(item));
