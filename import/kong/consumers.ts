import { createPublicKey } from "node:crypto";
import { show } from "../../components/spec/show.ts";
import { type Draft, uniqueName } from "../draft.ts";
import type { Field } from "../reader.ts";

/** What the plugins need to know of the consumers. */
export interface KongCredentials {
  /** Providers made of the consumers' JWT credentials. */
  readonly providers: readonly string[];
}

const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"];
const BOOKKEEPING = ["id", "tags", "created_at", "updated_at", "custom_id"];

/** Consumers get new API keys; the keys themselves are never copied. The public keys of their tokens become providers. */
export function readConsumers(root: Field, draft: Draft): KongCredentials {
  const issuers = new Map<string, { keys: object[]; algorithms: Set<string> }>();
  for (const consumer of root.maps("consumers")) {
    const name = uniqueName(
      consumer.text("username") ?? String((consumer.peek() as { custom_id?: unknown }).custom_id ?? ""),
      "consumer",
      draft.consumers,
    );
    consumer.leaveAll(BOOKKEEPING, "operation", "bookkeeping of Kong", "nothing to do");
    const keys = consumer.items("keyauth_credentials");
    for (const key of keys)
      key.leave(
        "behaviour",
        "API keys are never copied; each consumer gets a new one",
        "hand out the new keys: gateway outputs --show-secrets",
      );
    if (keys.length > 0 || !consumer.has("jwt_secrets")) draft.consumers.set(name, {});
    else
      consumer.at("username")?.leave("operation", "a consumer known by its tokens; backends get their subject and issuer", "nothing to do");
    for (const secret of consumer.maps("jwt_secrets")) readKey(secret, issuers);
    consumer.leaveAll(
      ["acls", "groups"],
      "protection",
      "groups of consumers",
      "put consumers on plans and name the plans in require: { apiKey: { plans: [...] } }",
    );
    for (const kind of ["basicauth_credentials", "hmacauth_credentials", "oauth2_credentials", "mtls_auth_credentials"])
      consumer
        .at(kind)
        ?.leave(
          "protection",
          `credentials of a kind that is not offered (${kind})`,
          "give the consumer a key, a token or a client certificate",
        );
    consumer.leaveAll(["plugins"], "protection", "plugins of one consumer", "say its limits in plans and put the consumer on one");
  }
  root.leaveAll(["consumer_groups"], "protection", "groups of consumers and their limits", "say them in plans and put consumers on them");
  const providers = [...issuers].map(([issuer, { keys, algorithms }]) => {
    const name = uniqueName(issuer.replace(/^https?:\/\//, "").split(/[./]/)[0] ?? "", "login", draft.providers);
    draft.providers.set(name, { issuer, jwks: JSON.stringify({ keys }), algorithms: [...algorithms] });
    draft.ask(
      `jwt.providers.${name}.audiences`,
      "for whom the tokens are: the values of aud that are accepted, as a list; Kong did not check aud",
    );
    return name;
  });
  return { providers };
}

/** A JWT credential: its key is the issuer's name, its public key the issuer's. A shared secret is no credential here. */
function readKey(secret: Field, issuers: Map<string, { keys: object[]; algorithms: Set<string> }>): void {
  secret.leaveAll(["id", "tags", "created_at"], "operation", "bookkeeping of Kong", "nothing to do");
  const issuer = secret.text("key");
  const algorithm = secret.text("algorithm") ?? "HS256";
  const pem = secret.text("rsa_public_key");
  const jwk = pem === undefined ? undefined : jwkOf(pem);
  secret.leaveAll(["secret"], "operation", "a shared secret; secrets are never copied", "nothing to do");
  if (issuer === undefined || jwk === undefined || !ALGORITHMS.includes(algorithm)) {
    secret.leave(
      "protection",
      `tokens signed with ${show(algorithm)} and this key are not accepted`,
      "have the issuer sign with a key pair, and declare it in jwt.providers",
    );
    return;
  }
  const known = issuers.get(issuer) ?? { keys: [], algorithms: new Set<string>() };
  known.keys.push({ ...jwk, use: "sig" });
  known.algorithms.add(algorithm);
  issuers.set(issuer, known);
}

function jwkOf(pem: string): object | undefined {
  if (pem.includes("PRIVATE KEY")) return undefined;
  try {
    return createPublicKey(pem).export({ format: "jwk" });
  } catch {
    return undefined;
  }
}
