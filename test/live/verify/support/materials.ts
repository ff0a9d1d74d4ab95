import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:https";
import type { IssuerSummary } from "../../../../components/backends/contract.ts";
import { selfSigned, TestAuthority, type TestKeyPair } from "../../../support/live/certificates.ts";

const DAY = 86_400_000;

/** Certificates that a gateway must not accept from the backend of this name. */
export async function wrongPairs(name: string, authority: TestAuthority) {
  const stranger = await TestAuthority.create("Stranger");
  const pair = ({ chain, privateKey }: TestKeyPair) => ({ cert: chain, key: privateKey });
  return {
    untrusted: pair(await stranger.issue({ dnsNames: [name] })),
    expired: pair(
      await authority.issue({ dnsNames: [name], notBefore: new Date(Date.now() - 3 * DAY), notAfter: new Date(Date.now() - DAY) }),
    ),
    "wrong-name": pair(await authority.issue({ dnsNames: ["somebody-else.test"] })),
  };
}

/** The same for a backend whose one certificate is pinned: it signs itself, so nobody else can sign for it. */
export async function wrongPairsOfPinned(name: string) {
  const { chain, privateKey } = await selfSigned({ dnsNames: [name] });
  return { untrusted: { cert: chain, key: privateKey } };
}

export interface TestIssuerKeys {
  readonly summary: IssuerSummary;
  /** Public keys, JSON text. */
  readonly jwks: string;
}

/** A token issuer's key, as the stack's outputs would show it. */
export function issuerKeys(provider: string, algorithm: "RS256" | "ES256", scopes: readonly string[]): TestIssuerKeys {
  const { privateKey } =
    algorithm === "RS256" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyId = `${provider}-1`;
  const jwk = { ...createPublicKey(privateKey).export({ format: "jwk" }), kid: keyId, use: "sig" };
  return {
    summary: {
      provider,
      issuer: `https://${provider}.example.com`,
      audience: `${provider}-api`,
      scopes,
      algorithm,
      keyId,
      privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    },
    jwks: JSON.stringify({ keys: [jwk] }),
  };
}

/** Publishes keys over TLS on 127.0.0.1. */
export async function startKeyServer(certificate: TestKeyPair, jwks: string): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer({ cert: certificate.chain, key: certificate.privateKey }, (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(jwks);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
