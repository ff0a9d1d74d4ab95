import type { Alternative, Requirement } from "../../../components/spec/model.ts";

/** Whether every client that meets `asked` also meets `known`. */
export function impliesAny(asked: Requirement, known: Requirement): boolean {
  if (known.kind === "public") return true;
  if (asked.kind === "public") return false;
  return asked.alternatives.every((alternative) => known.alternatives.some((old) => implies(alternative, old)));
}

/** Whether showing what `asked` asks for is enough for `known`. */
function implies(asked: Alternative, known: Alternative): boolean {
  return (
    jwtImplies(asked.jwt, known.jwt) &&
    keyImplies(asked.apiKey, known.apiKey) &&
    certificateImplies(asked.clientCertificate, known.clientCertificate)
  );
}

function jwtImplies(asked: Alternative["jwt"], known: Alternative["jwt"]): boolean {
  if (known === undefined) return true;
  if (asked === undefined) return false;
  return (
    isWithin(asked.providers, known.providers) &&
    isWithin(known.scopes, asked.scopes) &&
    Object.entries(known.claims).every(([claim, values]) => {
      const now = asked.claims[claim];
      return now !== undefined && isWithin(now, values);
    })
  );
}

function keyImplies(asked: Alternative["apiKey"], known: Alternative["apiKey"]): boolean {
  return known === undefined || (asked !== undefined && narrower(asked.plans, known.plans));
}

function certificateImplies(asked: Alternative["clientCertificate"], known: Alternative["clientCertificate"]): boolean {
  return known === undefined || (asked !== undefined && narrower(asked.subjectAltNames, known.subjectAltNames));
}

/** Lists of what is accepted, where none means anything. */
const narrower = (asked: readonly string[] | undefined, known: readonly string[] | undefined) =>
  known === undefined || (asked !== undefined && isWithin(asked, known));

const isWithin = (inner: readonly string[], outer: readonly string[]) => inner.every((value) => outer.includes(value));
