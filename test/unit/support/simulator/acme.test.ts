import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "mocha";
import { CloudFolder } from "../../../simulator/core/cloud-folder.ts";
import { SimulatedProvider } from "../../../simulator/core/provider.ts";
import { UNKNOWN, type Values } from "../../../simulator/core/values.ts";
import { loadRules } from "../../../simulator/registry.ts";
import { authorityOf } from "../../../simulator/rules/acme/authority.ts";

const DIRECTORY = "https://acme.example.com/directory";
const ACCOUNT = "urn:pulumi:test::sample::acme:index/registration:Registration::account";
const LEAF = "urn:pulumi:test::sample::acme:index/certificate:Certificate::leaf";
const DAY = 86_400_000;

describe("simulated ACME authority", () => {
  let folder: string;
  let cloud: CloudFolder;
  let acme: SimulatedProvider;
  let accountKeyPem: unknown;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-acme-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    cloud = new CloudFolder(mkdtempSync(join(folder, "cloud-")));
    cloud.configure({ latencyMs: 0 });
    acme = new SimulatedProvider(loadRules("acme"), cloud);
    acme.configure({ serverUrl: DIRECTORY });
    const aws = new SimulatedProvider(loadRules("aws"), cloud);
    aws.configure({ region: "eu-central-1" });
    await aws.create("urn:pulumi:test::sample::aws:route53/zone:Zone::zone", { name: "example.com" }, false);
    accountKeyPem = (await acme.create(ACCOUNT, {}, false)).outputs.accountKeyPem;
  });

  const wanted = (more: Values = {}): Values => ({
    accountKeyPem,
    commonName: "api.example.com",
    keyType: "P256",
    minDaysRemaining: 30,
    dnsChallenges: [{ provider: "route53" }],
    ...more,
  });
  const obtain = (more: Values = {}) => acme.create(LEAF, wanted(more), false);
  const asked = () =>
    cloud
      .journal()
      .filter(({ operation }) => operation === "invoke")
      .map(({ type, name }) => `${type} ${name}`);

  it("issues a leaf that its intermediate and root vouch for, with its key and an archive of all", async () => {
    const { outputs } = await obtain({ subjectAlternativeNames: ["www.example.com"], certificateP12Password: "open" });
    const { root, intermediate } = await authorityOf(DIRECTORY);
    const [leaf, issuer, anchor] = [outputs.certificatePem, outputs.issuerPem, root].map((pem) => new X509Certificate(String(pem)));
    assert.ok(leaf && issuer && anchor);
    assert.equal(outputs.issuerPem, intermediate);
    assert.ok(leaf.verify(issuer.publicKey) && issuer.verify(anchor.publicKey));
    assert.ok(leaf.checkIssued(issuer) && issuer.checkIssued(anchor) && issuer.ca && !leaf.ca);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(String(outputs.privateKeyPem))));
    assert.equal(leaf.subjectAltName, "DNS:api.example.com, DNS:www.example.com");
    assert.equal(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom), 90 * DAY - 1000);
    assert.equal(new Date(leaf.validTo).toISOString(), String(outputs.certificateNotAfter).replace("Z", ".000Z"));
    assert.equal(BigInt(String(outputs.certificateSerial)), BigInt(`0x${leaf.serialNumber}`));
    const file = join(folder, "leaf.p12");
    writeFileSync(file, Buffer.from(String(outputs.certificateP12), "base64"));
    const opened = execFileSync("openssl", ["pkcs12", "-in", file, "-passin", "pass:open", "-nodes"], { encoding: "utf8" });
    assert.equal(opened.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.equal(opened.match(/BEGIN PRIVATE KEY/g)?.length, 1);
  });

  it("renews in place under the same key once 30 days or fewer are left, and not before", async () => {
    const { id, outputs } = await obtain();
    const due = () => acme.diff(LEAF, id, wanted(), outputs, wanted()).differences;
    cloud.advance({ days: 58 });
    assert.deepEqual(due(), []);
    cloud.advance({ days: 2 });
    const found = due();
    assert.ok(found.some(({ path }) => path === "certificatePem"));
    assert.ok(found.every(({ replaces }) => !replaces));
    assert.equal((await acme.update(LEAF, id, outputs, wanted(), true)).privateKeyPem, UNKNOWN);
    const renewed = await acme.update(LEAF, id, outputs, wanted(), false);
    assert.notEqual(renewed.certificatePem, outputs.certificatePem);
    assert.notEqual(renewed.certificateSerial, outputs.certificateSerial);
    assert.equal(renewed.privateKeyPem, outputs.privateKeyPem);
    const later = Date.parse(String(renewed.certificateNotAfter)) - Date.parse(String(outputs.certificateNotAfter));
    // The clock goes on while the test runs, and certificates end at whole seconds.
    assert.ok(later >= 60 * DAY && later < 60 * DAY + 30_000, String(later));
    assert.deepEqual(acme.diff(LEAF, id, wanted(), renewed, wanted()).differences, []);
    assert.deepEqual(asked(), ["acme:newAccount account", "acme:newOrder leaf", "acme:newOrder leaf"]);
  });

  it("renews when the authority's window says so, and never when the days are negative", async () => {
    const more = { useRenewalInfo: true, minDaysRemaining: -1 };
    const { id, outputs } = await obtain(more);
    const ahead = Date.parse(String(outputs.renewalInfoWindowSelected)) - cloud.now().getTime();
    const due = (inputs: Values) => acme.diff(LEAF, id, inputs, outputs, inputs).differences.length > 0;
    cloud.advance({ days: Math.floor(ahead / DAY) - 1 });
    assert.equal(due(wanted(more)), false);
    cloud.advance({ days: 2 });
    assert.equal(due(wanted(more)), true);
    cloud.advance({ days: 60 });
    assert.equal(due(wanted({ minDaysRemaining: -1 })), false);
  });

  it("keeps certificate and archive through a change of anything else", async () => {
    const { id, outputs } = await obtain();
    const next = await acme.update(LEAF, id, outputs, wanted({ revokeCertificateOnDestroy: false }), false);
    assert.equal(next.certificatePem, outputs.certificatePem);
    assert.equal(next.certificateP12, outputs.certificateP12);
  });

  it("revokes on delete unless told not to", async () => {
    const { id, outputs } = await obtain();
    await acme.delete(LEAF, id, wanted(), outputs);
    assert.deepEqual(asked().slice(2), ["acme:revokeCert leaf"]);
    const kept = await obtain({ revokeCertificateOnDestroy: false });
    await acme.delete(LEAF, kept.id, wanted({ revokeCertificateOnDestroy: false }), kept.outputs);
    assert.deepEqual(asked().slice(2), ["acme:revokeCert leaf", "acme:newOrder leaf"]);
  });

  it("knows no account but those registered at the same directory, and gives a key's account back", async () => {
    await assert.rejects(obtain({ accountKeyPem: "of somebody else" }), /urn:ietf:params:acme:error:accountDoesNotExist/);
    acme.configure({ serverUrl: "https://elsewhere.example.com/directory" });
    await assert.rejects(obtain(), /urn:ietf:params:acme:error:accountDoesNotExist/);
    const [one, two] = [await acme.create(ACCOUNT, { accountKeyPem }, false), await acme.create(ACCOUNT, { accountKeyPem }, false)];
    assert.equal(one.id, two.id);
  });

  it("proves a name in a zone that exists and holds it", async () => {
    await assert.rejects(
      obtain({ dnsChallenges: [{ provider: "route53", config: { AWS_HOSTED_ZONE_ID: "Z1" } }] }),
      /error presenting token: route53: no zone Z1 that holds _acme-challenge\.api\.example\.com\./,
    );
    await assert.rejects(obtain({ commonName: "api.example.org" }), /no zone of its own that holds _acme-challenge\.api\.example\.org\./);
  });

  it("refuses inputs the provider refuses", () => {
    const reasons = (inputs: Values) => acme.check(LEAF, {}, inputs, "seed").failures.map(({ reason }) => reason);
    assert.deepEqual(reasons(wanted()), []);
    assert.deepEqual(reasons(wanted({ keyType: "RSA2048" })), [
      "certificate key type must be one of P256, P384, 2048, 4096, or 8192, got RSA2048",
    ]);
    assert.deepEqual(reasons(wanted({ validityDays: 7 })), ["min_days_remaining must be lower than validity_days"]);
    assert.deepEqual(reasons(wanted({ minDaysDynamic: true })), ['"minDaysDynamic": conflicts with minDaysRemaining']);
    assert.deepEqual(reasons({ accountKeyPem }), ["one of `certificateRequestPem,commonName,subjectAlternativeNames` must be specified"]);
  });
});
