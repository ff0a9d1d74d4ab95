import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Digest of everything the agent may run: its own folder and those it shares with the provider. An agent of other code is replaced. */
export function codeDigest(): string {
  digest ??= digestOfCode();
  return digest;
}

let digest: string | undefined;

function digestOfCode(): string {
  const root = dirname(import.meta.dirname);
  const hash = createHash("sha256");
  for (const folder of ["agent", "agent/acme", "agent/quota", "host", "machine", "x509"]) {
    for (const name of readdirSync(join(root, folder)).sort()) {
      if (/\.(ts|proto)$/.test(name)) hash.update(`${folder}/${name}\0`).update(readFileSync(join(root, folder, name)));
    }
  }
  return hash.digest("hex");
}
