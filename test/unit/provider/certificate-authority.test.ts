import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { provider } from "../../../providers/local/provider.ts";
import { certificateAuthorityKind } from "../../../providers/local/resources/certificate-authority.ts";
import { certificateBlocks } from "../../../providers/local/x509/pem.ts";
import { inTemporaryFolder, opensslText, opensslVerify } from "./support/openssl.ts";
import { operation, urnOf } from "./support/provider.ts";

const DAY = 24 * 60 * 60 * 1000;
const urn = urnOf("CertificateAuthority");
const wanted = { commonName: "Shop internal CA", generation: 1, validityDays: 3650 };
const call = operation("CertificateAuthority");

describe("provider: CertificateAuthority", () => {
  it("makes a root that openssl accepts under its strict rules", async () => {
    const kind = certificateAuthorityKind();
    const { id, outputs } = await kind.create(wanted, call);
    assert.match(id, /^ca-[0-9a-f]{16}$/);
    assert.equal(outputs.bundlePem, outputs.certificatePem);
    assert.equal(opensslVerify(outputs.certificatePem, outputs.certificatePem, "any"), "OK");
    const text = opensslText(outputs.certificatePem);
    assert.match(text, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
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
    assert.deepEqual((await kind.diff("ca", before, before.inputs, call)).changes, {});
    now += 2 * DAY;
    assert.deepEqual((await kind.diff("ca", before, before.inputs, call)).changes, { notAfter: "output" });
    const renewed = await kind.update("ca", before, before.inputs, call);
    assert.equal(renewed.privateKeyPem, outputs.privateKeyPem);
    assert.notEqual(renewed.certificatePem, outputs.certificatePem);
    assert.deepEqual(certificateBlocks(renewed.bundlePem), [renewed.certificatePem, outputs.certificatePem]);
    assert.deepEqual((await kind.diff("ca", { inputs: before.inputs, outputs: renewed }, before.inputs, call)).changes, {});
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
      { property: "size", reason: 'unknown field "size": no further field is allowed here' },
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
      inputs: { commonName: "a", generation: 1, validityDays: 3650 },
      failures: [],
    });
  });

  it("takes over a root from a PEM file", async () => {
    const kind = certificateAuthorityKind();
    const { outputs } = await kind.create({ ...wanted, validityDays: 90 }, call);
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "ca.pem");
      writeFileSync(file, outputs.privateKeyPem + outputs.certificatePem);
      const imported = await kind.import(file, call);
      assert.deepEqual(imported.inputs, { commonName: "Shop internal CA", generation: 1, validityDays: 90 });
      assert.deepEqual(imported.outputs, outputs);
      assert.deepEqual((await kind.diff(imported.id, imported, imported.inputs, call)).changes, {});
    });
  });
});
