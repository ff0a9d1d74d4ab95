import type { IncomingMessage, ServerResponse } from "node:http";

/** What a token issuer publishes. */
export interface IssuerSettings {
  /** Value of `iss` in its tokens. */
  readonly issuer: string;
  /** JSON Web Key Set, public keys only. */
  readonly jwks: string;
}

/**
 * Publishes the keys that verify the stack's test tokens, and nothing else: the private key never comes near a server, so there is nobody to ask for a
 * token here. `gateway token` signs them with the key from the stack's encrypted state.
 */
export function createIssuer(settings: IssuerSettings): (request: IncomingMessage, response: ServerResponse) => void {
  const keys = publicKeys(settings.jwks);
  const documents: Readonly<Record<string, string>> = {
    "/.well-known/jwks.json": keys,
    "/.well-known/openid-configuration": JSON.stringify({
      issuer: settings.issuer,
      jwks_uri: `${settings.issuer.replace(/\/$/, "")}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ["RS256"],
    }),
  };
  return (request, response) => {
    const document = documents[(request.url ?? "/").split("?", 1)[0] ?? "/"];
    const readable = request.method === "GET" || request.method === "HEAD";
    if (document === undefined || !readable) {
      response.writeHead(document === undefined ? 404 : 405, document === undefined ? {} : { allow: "GET, HEAD" }).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "cache-control": "public, max-age=60" });
    response.end(request.method === "HEAD" ? undefined : document);
  };
}

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** @throws when a key in the set is private or symmetric: publishing it would give it away. */
function publicKeys(jwks: string): string {
  const { keys } = JSON.parse(jwks) as { keys: Record<string, unknown>[] };
  for (const key of keys) {
    const member = PRIVATE_MEMBERS.find((name) => name in key);
    if (member !== undefined) throw new Error(`the key "${key.kid}" has the private member "${member}"; publish the public key only`);
  }
  return JSON.stringify({ keys });
}
