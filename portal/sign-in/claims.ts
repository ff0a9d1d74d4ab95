import type { Role } from "../service.ts";
import type { Identity } from "./session.ts";

const ROLES: readonly Role[] = ["viewer", "requester", "approver", "admin"];

/** Where in a token the roles and stacks of a person stand, and what they are called there. */
export interface ClaimSettings {
  /** Claim with a list of role names; a dotted path into objects works too. @default "roles" */
  readonly roles: string;
  /** Other names for roles, such as groups of the organization: name in the token to roles. The four roles' own names always count. */
  readonly names: Readonly<Record<string, readonly Role[]>>;
  /** Claim with globs of stack names. Without one, roles hold for every stack; with one that a token lacks, for none. */
  readonly stacks?: string;
}

/** Who a token is about. Names of roles nobody knows are no roles: without a known one, everything is denied. */
export function identityOf(issuer: string, claims: Readonly<Record<string, unknown>>, settings: ClaimSettings): Identity {
  const { sub } = claims;
  if (typeof sub !== "string" || sub === "") throw new Error("the token names no subject");
  const named = words(claimAt(claims, settings.roles));
  const roles = ROLES.filter((role) => named.some((name) => name === role || (own(settings.names, name) ?? []).includes(role)));
  return {
    id: `${issuer}#${sub}`,
    name:
      [claims.name, claims.preferred_username, claims.email, sub].find((name): name is string => typeof name === "string" && name !== "") ??
      sub,
    roles,
    stacks: settings.stacks === undefined ? ["*"] : words(claimAt(claims, settings.stacks)),
  };
}

/** A claim by its whole name, which may be a URL, or else by a path into objects. */
function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split(".")
    .reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? own(at as Record<string, unknown>, key) : undefined), claims);
}

/** Lists come as arrays, or as one text with spaces as in `scope`. */
function words(claim: unknown): string[] {
  if (typeof claim === "string") return claim.split(/\s+/).filter((word) => word !== "");
  return Array.isArray(claim) ? claim.filter((word): word is string => typeof word === "string") : [];
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(record, key) ? record[key] : undefined);

/**
 * Reads `viewer=staff,approver=security-team`: a role, then the name it has in tokens. @throws Error with one sentence
 */
export function parseRoleNames(text: string): Record<string, Role[]> {
  const names: Record<string, Role[]> = {};
  for (const pair of text.split(",").map((part) => part.trim())) {
    if (pair === "") continue;
    const [, role, name] = /^(\w+)=(.+)$/.exec(pair) ?? [];
    const known = ROLES.find((candidate) => candidate === role);
    if (known === undefined || name === undefined) throw new Error(`"${pair}" is not <role>=<name>, with one of ${ROLES.join(", ")}`);
    names[name] = [...(own(names, name) ?? []), known];
  }
  return names;
}
