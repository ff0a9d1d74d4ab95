import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { provider } from "../../../providers/local/provider.ts";
import { certificateKind } from "../../../providers/local/resources/certificate.ts";
import { certificateAuthorityKind } from "../../../providers/local/resources/certificate-authority.ts";
import { certificateBlocks } from "../../../providers/local/x509/pem.ts";
import { inTemporaryFolder, opensslText, opensslVerify } from "./support/openssl.ts";
import { operation, urnOf } from "./support/provider.ts";

const DAY = 24 * 60 * 60 * 1000;
const urn = urnOf("CertificateAuthority");
const wanted = { commonName: "Shop internal CA", generation: 1, rollover: "switch" as const, validityDays: 3650 };
const call = operation("CertificateAuthority");

describe("provider: CertificateAuthority", () => {
  it("makes a root that openssl accepts under its strict rules", async () => {
    const kind = certificateAuthorityKind();
    const { id, outputs } = await kind.create(wanted, call);
    assert.match(id, /^ca-[0-9a-f]{16}$/);
    assert.equal(outputs.bundlePem, outputs.certificatePem);
    assert.equal(opensslVerify(outputs.certificatePem, outputs.certificatePem, "any"), "OK");
    const text = opensslText(outputs.certificatePem);
    assert.match(text, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:1\n/);
    assert.match(text, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    assert.match(text, /X509v3 Subject Key Identifier:/);
    assert.match(text, /ASN1 OID: prime256v1/);
    assert.match(text, /Subject: CN = Shop internal CA\n/);
    const certificate = new X509Certificate(outputs.certificatePem);
    assert.equal(certificate.checkPrivateKey(createPrivateKey(outputs.privateKeyPem)), true);
    assert.equal(certificate.serialNumber.length, 34);
    assert.equal(certificate.validToDate.toISOString(), outputs.notAfter.replace("Z", ".000Z"));
    const before = Date.now() - certificate.validFromDate.getTime();
    assert.ok(before >= 299_000 && before < 310_000, `starts ${before} ms ago`);
  });

  it("keeps the root before in the bundle, and only that", async () => {
    const kind = certificateAuthorityKind();
    const first = (await kind.create(wanted, call)).outputs;
    const second = await kind.update("ca", { inputs: wanted, outputs: first }, { ...wanted, generation: 2 }, call);
    const third = await kind.update("ca", { inputs: { ...wanted, generation: 2 }, outputs: second }, { ...wanted, generation: 3 }, call);
    assert.deepEqual(certificateBlocks(second.bundlePem), [second.certificatePem, first.certificatePem]);
    assert.deepEqual(certificateBlocks(third.bundlePem), [third.certificatePem, second.certificatePem]);
    assert.equal(new Set([first, second, third].map((root) => root.privateKeyPem)).size, 3);
  });

  it("renews in the last third of its validity with the same key", async () => {
    let now = Date.now();
    const kind = certificateAuthorityKind(() => now);
    const { outputs } = await kind.create({ ...wanted, validityDays: 300 }, call);
    const before = { inputs: { ...wanted, validityDays: 300 }, outputs };
    now += 199 * DAY;
    const changes = async () => (await kind.diff("ca", before, before.inputs, call)).changes;
    assert.deepEqual(await changes(), { revocationListPem: "output" });
    now += 2 * DAY;
    assert.deepEqual(await changes(), { notAfter: "output", revocationListPem: "output" });
    const renewed = await kind.update("ca", before, before.inputs, call);
    assert.equal(renewed.privateKeyPem, outputs.privateKeyPem);
    assert.notEqual(renewed.certificatePem, outputs.certificatePem);
    assert.deepEqual(certificateBlocks(renewed.bundlePem), [renewed.certificatePem, outputs.certificatePem]);
    assert.deepEqual((await kind.diff("ca", { inputs: before.inputs, outputs: renewed }, before.inputs, call)).changes, {});
  });

  it("signs a revocation list that openssl accepts, anew from the half of its validity on, with the root as it is", async () => {
    let now = Date.now();
    const kind = certificateAuthorityKind(() => now);
    const { outputs } = await kind.create(wanted, call);
    const leaf = await certificateKind(() => now).create(
      {
        authorityCertificatePem: outputs.certificatePem,
        authorityPrivateKeyPem: outputs.privateKeyPem,
        commonName: "a.test",
        dnsNames: ["a.test"],
        ipAddresses: [],
        uris: [],
        usages: ["server"],
        validityMs: DAY,
        keyGeneration: 1,
        issueGeneration: 1,
        crlUris: ["http://a.test/list"],
      },
      call,
    );
    await inTemporaryFolder(async (folder) => {
      const files = { "root.pem": outputs.certificatePem, "crl.pem": outputs.revocationListPem, "leaf.pem": leaf.outputs.chainPem };
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
      const openssl = (...args: string[]) =>
        execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      assert.equal(
        openssl("verify", "-x509_strict", "-crl_check", "-CAfile", "root.pem", "-CRLfile", "crl.pem", "leaf.pem"),
        "leaf.pem: OK\n",
      );
      const text = openssl("crl", "-in", "crl.pem", "-noout", "-text");
      for (const part of [
        /Version 2 \(0x1\)/,
        /X509v3 Authority Key Identifier:/,
        /X509v3 CRL Number: \s+(\d{13}|0x[0-9A-F]{12})\n/,
        /No Revoked Certificates\./,
      ])
        assert.match(text, part);
    });
    const before = { inputs: wanted, outputs };
    now += 44 * DAY;
    assert.deepEqual((await kind.diff("ca", before, wanted, call)).changes, {});
    now += 2 * DAY;
    assert.deepEqual((await kind.diff("ca", before, wanted, call)).changes, { revocationListPem: "output" });
    const next = await kind.update("ca", before, wanted, call);
    assert.deepEqual(
      { ...next, revocationListPem: "", revocationListNextUpdate: "" },
      { ...outputs, revocationListPem: "", revocationListNextUpdate: "" },
    );
    assert.equal(Date.parse(next.revocationListNextUpdate), Math.floor(now / 1000) * 1000 + 90 * DAY);
    assert.deepEqual((await kind.diff("ca", { inputs: wanted, outputs: next }, wanted, call)).changes, {});
  });

  it("drops an expired root from the bundle", async () => {
    let now = Date.now();
    const kind = certificateAuthorityKind(() => now);
    const short = { ...wanted, validityDays: 1 };
    const { outputs } = await kind.create(short, call);
    now += 2 * DAY;
    const renewed = await kind.update("ca", { inputs: short, outputs }, short, call);
    assert.equal(renewed.bundlePem, renewed.certificatePem);
  });

  it("gets a new key with a new name", async () => {
    const kind = certificateAuthorityKind();
    const { outputs } = await kind.create(wanted, call);
    const renamed = { ...wanted, commonName: "Other" };
    assert.deepEqual((await kind.diff("ca", { inputs: wanted, outputs }, renamed, call)).changes, { commonName: "input" });
    const next = await kind.update("ca", { inputs: wanted, outputs }, renamed, call);
    assert.notEqual(next.privateKeyPem, outputs.privateKeyPem);
  });

  it("names every bad input", async () => {
    const { failures } = await provider.check(urn, { generation: 3 }, { commonName: "", generation: 0, validityDays: 1.5, size: 1 });
    assert.deepEqual(failures, [
      { property: "commonName", reason: '"" is too short: allowed: 1 to 64 characters' },
      { property: "generation", reason: "0 is too small: allowed: 1 or more" },
      { property: "validityDays", reason: "expected a whole number, found 1.5: give a whole number" },
      { property: "size", reason: 'unknown field "size": allowed: rollover' },
    ]);
  });

  it("refuses a generation that became smaller", async () => {
    const { failures } = await provider.check(urn, { ...wanted, generation: 3 }, { ...wanted, generation: 2 });
    assert.deepEqual(failures, [
      { property: "generation", reason: "2 is lower than the 3 in use, whose predecessors are gone: give 3, or more for a new one" },
    ]);
  });

  it("fills in defaults", async () => {
    assert.deepEqual(await provider.check(urn, {}, { commonName: "a" }), {
      inputs: { commonName: "a", generation: 1, rollover: "switch", validityDays: 3650 },
      failures: [],
    });
  });

  it("takes over a root from a PEM file", async () => {
    const began = Date.now();
    const kind = certificateAuthorityKind(() => began);
    const { outputs } = await kind.create({ ...wanted, validityDays: 90 }, call);
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "ca.pem");
      writeFileSync(file, outputs.privateKeyPem + outputs.certificatePem);
      const imported = await kind.import(file, call);
      assert.deepEqual(imported.inputs, { commonName: "Shop internal CA", generation: 1, rollover: "switch", validityDays: 90 });
      const { revocationListPem: _, ...own } = outputs;
      const { revocationListPem, ...taken } = imported.outputs;
      assert.deepEqual(taken, own);
      assert.match(revocationListPem, /^-----BEGIN X509 CRL-----\n/);
      assert.deepEqual((await kind.diff(imported.id, imported, imported.inputs, call)).changes, {});
    });
  });
});
