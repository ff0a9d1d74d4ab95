import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs `work` in a temporary folder that is removed afterwards. */
export function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "provider-test-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const result = work(folder);
    if (result instanceof Promise) return result.finally(remove) as T;
    remove();
    return result;
  } catch (error) {
    remove();
    throw error;
  }
}

/** `openssl verify -x509_strict`: its complaint, or `OK`. @param purpose such as `sslserver` */
export function opensslVerify(rootsPem: string, chainPem: string, purpose: string): string {
  return inTemporaryFolder((folder) => {
    writeFileSync(join(folder, "roots.pem"), rootsPem);
    writeFileSync(join(folder, "chain.pem"), chainPem);
    const args = [
      "verify",
      "-x509_strict",
      "-check_ss_sig",
      "-purpose",
      purpose,
      "-CAfile",
      "roots.pem",
      "-untrusted",
      "chain.pem",
      "chain.pem",
    ];
    const { status, stdout, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    return status === 0 ? stdout.trim().replace(/^.*: /, "") : `${stdout}${stderr}`.trim();
  });
}

/** What `openssl x509` prints about a certificate. */
export function opensslText(pem: string): string {
  return execFileSync("openssl", ["x509", "-noout", "-text"], { input: pem, encoding: "utf8" });
}
