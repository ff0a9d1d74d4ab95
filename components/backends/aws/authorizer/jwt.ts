import { JwtVerifier } from "aws-jwt-verify";
import { fetchJwks } from "./jwks.ts";
import type { ProviderPolicy } from "./policy.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** Nobody can be told apart right now: keys cannot be had. Answered 503, never passed. */
export class KeysUnavailable extends Error {}

type Verifier = ReturnType<typeof JwtVerifier.create<{ issuer: string; audience: string[] }>>;

/** Keys older than this are fetched again; a key its issuer has withdrawn is accepted no longer than this. */
export const KEYS_MAX_AGE_MS = 5 * 60_000;
/** An unknown key id makes a fetch, at most one in this time. */
const UNKNOWN_KEY_PAUSE_MS = 30_000;

const DECODED_PART = /^[A-Za-z0-9_-]+$/;

/** Verifies tokens of one issuer: signature, algorithm, exp, nbf, iss and aud by aws-jwt-verify; what it leaves open is closed here. */
export class TokenVerifier {
  readonly #provider: ProviderPolicy;
  readonly #now: () => number;
  readonly #verifier: Verifier;
  #jwks: { keys: { kid?: string }[] } | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(provider: ProviderPolicy, now: () => number = Date.now) {
    this.#provider = provider;
    this.#now = now;
    this.#verifier = JwtVerifier.create({
      issuer: provider.issuer,
      audience: [...provider.audiences],
      graceSeconds: provider.clockSkewSeconds,
      includeRawJwtInErrors: false,
    });
    if (provider.keys.kind === "inline") this.#use(JSON.parse(provider.keys.jwks));
  }

  /** Claims of a valid token; undefined for any other. @throws KeysUnavailable */
  async verify(token: string): Promise<Claims | undefined> {
    const header = headerOf(token);
    // The algorithm is the document's choice, never the token's.
    if (header === undefined || !this.#provider.algorithms.includes(String(header.alg)) || header.crit !== undefined) return undefined;
    await this.#ready(typeof header.kid === "string" ? header.kid : undefined);
    try {
      const claims = this.#verifier.verifySync(token, {}) as Claims;
      return typeof claims.exp === "number" && Number.isFinite(claims.exp) ? claims : undefined;
    } catch {
      return undefined;
    }
  }

  async #ready(kid: string | undefined): Promise<void> {
    if (this.#provider.keys.kind === "inline") return;
    const now = this.#now();
    const known = this.#jwks?.keys.some((key) => key.kid === kid) ?? false;
    const stale = now - this.#fetchedAt >= KEYS_MAX_AGE_MS;
    if (!stale && (known || now - this.#triedAt < UNKNOWN_KEY_PAUSE_MS)) return;
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    await this.#pending;
    if (this.#now() - this.#fetchedAt >= 2 * KEYS_MAX_AGE_MS) throw new KeysUnavailable(`no current keys of ${this.#provider.issuer}`);
  }

  async #fetch(): Promise<void> {
    this.#triedAt = this.#now();
    if (this.#provider.keys.kind !== "remote") return;
    try {
      this.#use(await fetchJwks(this.#provider.keys));
      this.#fetchedAt = this.#now();
    } catch (error) {
      // Keys fetched less than ten minutes ago still count; the caller decides by their age.
      console.error(JSON.stringify({ event: "jwks-unavailable", issuer: this.#provider.issuer, reason: (error as Error).message }));
    }
  }

  #use(jwks: { keys: { kid?: string }[] }): void {
    this.#jwks = jwks;
    this.#verifier.cacheJwks(jwks as unknown as Parameters<Verifier["cacheJwks"]>[0], this.#provider.issuer);
  }
}

function headerOf(token: string): { alg?: unknown; kid?: unknown; crit?: unknown } | undefined {
  const parts = token.split(".");
  if (parts.length !== 3 || !parts.every((part) => DECODED_PART.test(part))) return undefined;
  return objectIn(parts[0] as string);
}

/** The issuer a token names, to choose whose keys to try; nothing else of it is believed before it is verified. */
export function claimedIssuer(token: string): string | undefined {
  const payload = objectIn(token.split(".")[1] ?? "");
  return typeof payload?.iss === "string" ? payload.iss : undefined;
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A claim by name; a dot reaches into an object, unless the claim itself is written with it. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** Scopes from `scope` (space-separated) or `scp` (list). */
export function scopesOf(claims: Claims): Set<string> {
  const fromScope = typeof claims.scope === "string" ? claims.scope.split(" ") : [];
  const fromScp = Array.isArray(claims.scp) ? claims.scp.filter((entry) => typeof entry === "string") : [];
  return new Set([...fromScope, ...fromScp].filter((scope) => scope !== ""));
}
