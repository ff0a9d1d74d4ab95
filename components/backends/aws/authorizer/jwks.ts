import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { KeysPolicy } from "./policy.ts";

const TIMEOUT_MS = 3000;
const LARGEST_BYTES = 512 * 1024;

/** Fetches a key set over verified TLS: the public roots, declared authorities, or one pinned certificate. Redirects are not followed. */
export function fetchJwks(keys: Extract<KeysPolicy, { kind: "remote" }>): Promise<{ keys: { kid?: string }[] }> {
  return new Promise((resolve, reject) => {
    const pinned = keys.pinned === undefined ? undefined : new X509Certificate(keys.pinned);
    const outgoing = request(
      keys.uri,
      {
        headers: { accept: "application/json" },
        timeout: TIMEOUT_MS,
        agent: false,
        minVersion: "TLSv1.2",
        ...(keys.ca === undefined ? {} : { ca: [...keys.ca] }),
        ...(pinned === undefined
          ? {}
          : {
              ca: [pinned.toString()],
              checkServerIdentity: (host: string, peer: PeerCertificate) =>
                peer.fingerprint256 === pinned.fingerprint256
                  ? undefined
                  : (checkServerIdentity(host, peer) ?? new Error("another certificate than the pinned one")),
            }),
      },
      (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`the key server answered ${response.statusCode}`));
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > LARGEST_BYTES) outgoing.destroy(new Error("the key set is too large"));
          else chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () => {
          try {
            resolve(signatureKeys(JSON.parse(Buffer.concat(chunks).toString("utf8"))));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      },
    );
    const deadline = setTimeout(() => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    outgoing.on("error", reject);
    outgoing.on("close", () => clearTimeout(deadline));
    outgoing.end();
  });
}

/** Only asymmetric keys that are not marked for encryption: with anything else in the set a reader of it could sign tokens. */
function signatureKeys(value: unknown): { keys: { kid?: string }[] } {
  const keys = (value as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new Error("the key server's answer holds no keys");
  return {
    keys: keys.filter((key) => ["RSA", "EC", "OKP"].includes(key?.kty) && (key.use === undefined || key.use === "sig")),
  };
}
