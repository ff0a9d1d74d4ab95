import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { CompactSign } from "jose";
import type { IssuerSummary } from "../../components/backends/contract.ts";
import type { JwtProvider } from "../../components/spec/model.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** Signs test tokens in the name of one provider. */
export class TokenMint {
  readonly provider: JwtProvider;
  readonly algorithm: string;
  readonly keyId: string;
  readonly key: KeyObject;

  constructor(provider: JwtProvider, issuer: IssuerSummary) {
    this.provider = provider;
    this.algorithm = issuer.algorithm;
    this.keyId = issuer.keyId;
    this.key = createPrivateKey(issuer.privateKeyPem);
  }

  get publicKey(): KeyObject {
    return createPublicKey(this.key);
  }

  /** Claims every check accepts: valid for five minutes, for the first audience. */
  claims(extra: Claims = {}): Record<string, unknown> {
    const now = nowSeconds();
    const { issuer, audiences, claimToHeaders } = this.provider;
    const base = {
      iss: issuer,
      aud: audiences[0],
      sub: "gateway-verify",
      iat: now - 5,
      nbf: now - 5,
      exp: now + 300,
      jti: randomUUID(),
    };
    const passedOn = Object.values(claimToHeaders).filter((claim) => !(claim in base));
    return withClaims(withClaims(base, Object.fromEntries(passedOn.map((claim) => [claim, passedOnValue(claim)]))), extra);
  }

  /** A token with these very claims; `header` adds to or replaces `alg`, `kid` and `typ`. */
  async sign(claims: unknown, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const payload = new TextEncoder().encode(JSON.stringify(claims));
    const protectedHeader = { alg: this.algorithm, kid: this.keyId, typ: "JWT", ...header };
    return new CompactSign(payload).setProtectedHeader(protectedHeader).sign(this.key);
  }
}

/** What a test token holds in a claim the gateway passes to backends. */
export const passedOnValue = (claim: string) => `verify-${claim.replaceAll(/\W/g, "-")}`;

/** A mint with a key of its own, which the provider does not know: what it signs must be refused. */
export function strangersMint(provider: JwtProvider): TokenMint {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return new TokenMint(provider, {
    provider: provider.name,
    issuer: provider.issuer,
    audience: provider.audiences[0] ?? "",
    scopes: provider.scopes,
    algorithm: "RS256",
    keyId: publishedKeyId(provider) ?? "gateway-verify",
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  });
}

function publishedKeyId({ keys }: JwtProvider): string | undefined {
  if (keys.kind === "remote") return undefined;
  const set = JSON.parse(keys.jwks) as { keys?: { kid?: string }[] };
  return set.keys?.[0]?.kid;
}

/** Sets claims by name, undefined removes. A name with dots is set as it stands and as a path into objects: documents write both the same way. */
function withClaims(base: Readonly<Record<string, unknown>>, extra: Claims): Record<string, unknown> {
  const claims = structuredClone(base) as Record<string, unknown>;
  for (const [name, value] of Object.entries(extra)) {
    set(claims, [name], value);
    if (name.includes(".")) set(claims, name.split("."), value);
  }
  return claims;
}

function set(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    if (value === undefined) delete target[name];
    else target[name] = value;
    return;
  }
  const inner = target[name];
  const object = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as Record<string, unknown>) : {};
  target[name] = object;
  set(object, rest, value);
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);
