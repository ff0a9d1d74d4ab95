import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { after, before, describe, it } from "mocha";
import forge from "node-forge";
import { pfxOf } from "../../../components/backends/azure/certificate.ts";
import { encoded, pfx } from "../../../components/backends/azure/pfx.ts";
import { parseChain } from "../../../components/pki/chain.ts";
import { RsaAuthority, type RsaPair } from "../../support/azure/rsa-authority.ts";

describe("A PFX for Azure", () => {
  let folder = "";
  let pair: RsaPair;
  let other: RsaPair;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-pfx-"));
    const authority = new RsaAuthority();
    [pair, other] = [authority.issue(["api.shop.example.com"]), authority.issue(["api.shop.example.com"])];
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What OpenSSL makes of a file. */
  const openssl = (file: string, password: string, ...more: string[]): string => {
    const path = join(folder, "file.pfx");
    writeFileSync(path, Buffer.from(file, "base64"));
    return execFileSync("openssl", ["pkcs12", "-legacy", "-in", path, "-passin", `pass:${password}`, "-nodes", ...more], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  };

  for (const password of ["", "a password"])
    it(`holds the whole chain and the key, ${password === "" ? "without a password" : "with one"}`, () => {
      const text = openssl(pfx(pair.chain, pair.privateKey, password), password);
      const found = parseChain(text).map(({ fingerprint256 }) => fingerprint256);
      assert.deepEqual(
        found.sort(),
        parseChain(pair.chain)
          .map(({ fingerprint256 }) => fingerprint256)
          .sort(),
      );
      const key = /-----BEGIN PRIVATE KEY-----[\s\S]+-----END PRIVATE KEY-----/.exec(text)?.[0] ?? "";
      assert.equal(
        forge.pki.privateKeyToPem(forge.pki.privateKeyFromPem(key)),
        forge.pki.privateKeyToPem(forge.pki.privateKeyFromPem(pair.privateKey)),
      );
    });

  it("encrypts the key with 3DES, which API Management documents", () => {
    const { asn1, pkcs12 } = forge;
    const der = asn1.toDer(asn1.fromDer(Buffer.from(pfx(pair.chain, pair.privateKey, "secret"), "base64").toString("binary"))).getBytes();
    // pbeWithSHAAnd3-KeyTripleDES-CBC, 1.2.840.113549.1.12.1.3
    assert.ok(der.includes(asn1.oidToDer("1.2.840.113549.1.12.1.3").getBytes()));
    assert.throws(() => pkcs12.pkcs12FromAsn1(asn1.fromDer(der), "another"), /MAC could not be verified/);
  });

  it("is the same for the same content and another for other content, and leaves the random numbers alone", () => {
    assert.equal(pfx(pair.chain, pair.privateKey, "x"), pfx(pair.chain, pair.privateKey, "x"));
    assert.notEqual(pfx(pair.chain, pair.privateKey, "x"), pfx(other.chain, other.privateKey, "x"));
    assert.notEqual(forge.random.getBytesSync(16), forge.random.getBytesSync(16));
  });

  it("is not made of a key that is not the certificate's", async () => {
    const made = (key: string) =>
      new Promise((resolve, reject) => {
        const output = pfxOf(pair.chain, pulumi.output(key), "tls.certificate.privateKey") as unknown as { promise(): Promise<unknown> };
        output.promise().then(resolve, reject);
      });
    await assert.rejects(made(other.privateKey), {
      message:
        "tls.certificate.privateKey: the private key does not belong to the certificate; store the key the certificate was issued for",
    });
    await assert.rejects(made("no key"), {
      message:
        "tls.certificate.privateKey: the secret is not a private key in PEM form; store the key that belongs to the certificate, without a passphrase",
    });
    assert.ok(await made(pair.privateKey));
  });

  it("writes a certificate for a store as DER in base64", () => {
    const [leaf] = parseChain(pair.chain);
    assert.equal(encoded(leaf?.toString() ?? ""), leaf?.raw.toString("base64"));
  });
});
