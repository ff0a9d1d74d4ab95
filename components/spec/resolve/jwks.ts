import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { PathPart } from "../faults.ts";
import type { JwtAlgorithm } from "../model.ts";
import { isPlainObject } from "../overlay.ts";
import { show } from "../show.ts";
import type { ResolveContext } from "./context.ts";

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] as const;

const CURVES: Readonly<Record<string, JwtAlgorithm>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

const RSA_ALGORITHMS: readonly JwtAlgorithm[] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

/**
 * Checks a JSON Web Key Set written in a document: public, asymmetric, strong keys, at least one of them for an accepted algorithm.
 * A symmetric key in a JWKS would let every reader of it sign tokens.
 */
export function checkedJwks(text: string, algorithms: readonly JwtAlgorithm[], path: readonly PathPart[], ctx: ResolveContext): string {
  const keys = parseKeys(text, path, ctx);
  if (keys === undefined) return "";
  const before = ctx.faults.length;
  const kids = new Set<unknown>();
  const usable = new Set<JwtAlgorithm>();
  keys.forEach((key, index) => {
    const where = `key ${index + 1}`;
    if (!isPlainObject(key)) {
      ctx.fault(path, `${where} is ${show(key)}`, "give a JSON Web Key: a map with kty and the public members");
      return;
    }
    if (key.kid !== undefined && kids.has(key.kid)) ctx.fault(path, `${where} has the kid of a key before it`, "give each key its own kid");
    kids.add(key.kid);
    for (const algorithm of algorithmsOf(key, where, path, ctx)) usable.add(algorithm);
  });
  if (ctx.faults.length === before && !algorithms.some((algorithm) => usable.has(algorithm)))
    ctx.fault(
      path,
      `no key fits an accepted algorithm (${algorithms.join(", ")}), so that no token could ever be verified`,
      usable.size === 0 ? "give a signature key" : `set algorithms to what the keys are for: ${[...usable].sort().join(", ")}`,
    );
  return JSON.stringify({ keys });
}

function parseKeys(text: string, path: readonly PathPart[], ctx: ResolveContext): unknown[] | undefined {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    ctx.fault(path, "is not JSON", 'give a JSON Web Key Set: {"keys": [...]}');
    return undefined;
  }
  const keys = isPlainObject(set) ? set.keys : undefined;
  if (Array.isArray(keys) && keys.length > 0) return keys;
  ctx.fault(path, "has no keys", 'give a JSON Web Key Set with at least one key: {"keys": [...]}');
  return undefined;
}

/** Algorithms whose signatures the key can verify; none after a fault. */
function algorithmsOf(
  key: Record<string, unknown>,
  where: string,
  path: readonly PathPart[],
  ctx: ResolveContext,
): readonly JwtAlgorithm[] {
  if (typeof key.kty !== "string" || !["RSA", "EC", "OKP"].includes(key.kty)) {
    ctx.fault(path, `${where} has key type ${show(key.kty)}`, "allowed: RSA, EC and OKP public keys");
    return [];
  }
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member))) {
    ctx.fault(path, `${where} holds private material`, "publish only the public part; replace this key, it has been written in the open");
    return [];
  }
  let parsed: KeyObject;
  try {
    parsed = createPublicKey({ key: key as JsonWebKey, format: "jwk" });
  } catch {
    ctx.fault(path, `${where} is not a valid ${key.kty} public key`, "give the key as its issuer publishes it");
    return [];
  }
  const { modulusLength, namedCurve } = parsed.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < 2048) {
    ctx.fault(path, `${where} has ${modulusLength} bits`, "use RSA keys of 2048 bits or more");
    return [];
  }
  if (key.use !== undefined && key.use !== "sig") return [];
  const fitting = {
    rsa: RSA_ALGORITHMS,
    ec: [CURVES[namedCurve ?? ""]].filter((x) => x !== undefined),
    ed25519: ["EdDSA"],
    ed448: ["EdDSA"],
  } as const;
  const all: readonly JwtAlgorithm[] = fitting[parsed.asymmetricKeyType as keyof typeof fitting] ?? [];
  return key.alg === undefined ? all : all.filter((algorithm) => algorithm === key.alg);
}
