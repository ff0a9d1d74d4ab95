import { createServer, type Server } from "node:https";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import type { TestKeyPair } from "./certificates.ts";

/** Signs tokens and publishes the keys, as an identity provider does. */
export class TestIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly #keys = new Map<string, { readonly algorithm: string; readonly privateKey: CryptoKey; readonly jwk: JWK }>();
  #server: Server | undefined;
  /** Requests for the keys so far. */
  fetches = 0;

  constructor(issuer = "https://login.example.com", audience = "shop-api") {
    this.issuer = issuer;
    this.audience = audience;
  }

  /** Adds a key and returns its id. */
  async addKey(algorithm = "RS256", keyId = `key-${this.#keys.size + 1}`): Promise<string> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: "sig" };
    this.#keys.set(keyId, { algorithm, privateKey, jwk });
    return keyId;
  }

  /** Stops publishing a key; it can still sign. */
  readonly withdrawn = new Set<string>();

  /** The published keys, JSON text. */
  get jwks(): string {
    return JSON.stringify({ keys: [...this.#keys].flatMap(([id, { jwk }]) => (this.withdrawn.has(id) ? [] : [jwk])) });
  }

  jwk(keyId: string): JWK {
    return this.#key(keyId).jwk;
  }

  /** A token that is valid unless `claims` or `header` say otherwise; a claim of undefined is left out. */
  async token(
    claims: Record<string, unknown> = {},
    { keyId, header = {} }: { keyId?: string; header?: Record<string, unknown> } = {},
  ): Promise<string> {
    const id = keyId ?? ([...this.#keys.keys()][0] as string);
    const { algorithm, privateKey } = this.#key(id);
    const now = Math.floor(Date.now() / 1000);
    const payload = Object.fromEntries(
      Object.entries({ iss: this.issuer, aud: this.audience, sub: "user-1", iat: now, exp: now + 300, ...claims }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    return new SignJWT(payload as JWTPayload).setProtectedHeader({ alg: algorithm, kid: id, typ: "JWT", ...header }).sign(privateKey);
  }

  /** Serves the keys over TLS; the returned port is on 127.0.0.1. */
  async serve(certificate: TestKeyPair, port = 0): Promise<number> {
    const server = createServer({ key: certificate.privateKey, cert: certificate.chain }, (_request, response) => {
      this.fetches += 1;
      response.setHeader("content-type", "application/json");
      response.end(this.jwks);
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    return (server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }

  #key(id: string) {
    const key = this.#keys.get(id);
    if (key === undefined) throw new Error(`the test issuer has no key "${id}"`);
    return key;
  }
}
