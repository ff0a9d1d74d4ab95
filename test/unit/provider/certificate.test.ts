import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { provider } from "../../../providers/local/provider.ts";
import { certificateKind } from "../../../providers/local/resources/certificate.ts";
import { certificateAuthorityKind } from "../../../providers/local/resources/certificate-authority.ts";
import { certificateBlocks } from "../../../providers/local/x509/pem.ts";
import { inTemporaryFolder, opensslText, opensslVerify } from "./support/openssl.ts";
import { operation, secretOnWire, UNKNOWN_ON_WIRE, urnOf } from "./support/provider.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const urn = urnOf("Certificate");
const call = operation("Certificate");

const authority = async (validityDays = 3650) =>
  (await certificateAuthorityKind().create({ commonName: "Root", generation: 1, rollover: "switch", validityDays }, call)).outputs;

const leafOf = (root: { certificatePem: string; privateKeyPem: string }) => ({
  authorityCertificatePem: root.certificatePem,
  authorityPrivateKeyPem: root.privateKeyPem,
  commonName: "orders",
  dnsNames: ["orders.internal", "*.orders.internal"],
  ipAddresses: ["127.0.0.1", "::1"],
  uris: ["spiffe://shop/orders"],
  usages: ["server", "client"] as ("server" | "client")[],
  validityMs: 90 * DAY,
  keyGeneration: 1,
  issueGeneration: 1,
  crlUris: ["http://shop.localhost:8080/.well-known/gateway-authority.crl"],
});

describe("provider: Certificate", () => {
  it("makes a leaf that openssl accepts under its strict rules, for both usages", async () => {
    const root = await authority();
    const { id, outputs } = await certificateKind().create(leafOf(root), call);
    assert.match(id, /^certificate-[0-9a-f]{16}$/);
    assert.equal(opensslVerify(root.certificatePem, outputs.chainPem, "sslserver"), "OK");
    assert.equal(opensslVerify(root.certificatePem, outputs.chainPem, "sslclient"), "OK");
    const text = opensslText(outputs.chainPem);
    assert.match(text, /X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
    assert.match(text, /X509v3 Key Usage: critical\s+Digital Signature\n/);
    assert.match(
      text,
      /X509v3 CRL Distribution Points: \s+Full Name:\s+URI:http:\/\/shop\.localhost:8080\/\.well-known\/gateway-authority\.crl\n/,
    );
    assert.match(text, /X509v3 Extended Key Usage: \s+TLS Web Server Authentication, TLS Web Client Authentication\n/);
    assert.match(
      text,
      /DNS:orders\.internal, DNS:\*\.orders\.internal, IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1, URI:spiffe:\/\/shop\/orders\n/,
    );
    const leaf = new X509Certificate(outputs.chainPem);
    assert.equal(leaf.checkPrivateKey(createPrivateKey(outputs.privateKeyPem)), true);
    assert.equal(leaf.serialNumber.length, 34);
    assert.equal(outputs.notAfter, leaf.validToDate.toISOString().replace(".000Z", "Z"));
    assert.equal(outputs.notBefore, leaf.validFromDate.toISOString().replace(".000Z", "Z"));
    const keyIds = [...text.matchAll(/Key Identifier: \s+(?:keyid:)?([0-9A-F:]+)/g)].map(([, keyId]) => keyId);
    assert.equal(keyIds[1], /Subject Key Identifier: \s+([0-9A-F:]+)/.exec(opensslText(root.certificatePem))?.[1]);
  });

  it("is refused by openssl for a usage it was not made for, or under another root", async () => {
    const [root, other] = [await authority(), await authority()];
    const { outputs } = await certificateKind().create({ ...leafOf(root), usages: ["client"] }, call);
    assert.match(opensslVerify(root.certificatePem, outputs.chainPem, "sslserver"), /unsuitable certificate purpose/);
    assert.match(
      opensslVerify(other.certificatePem, outputs.chainPem, "sslclient"),
      /unable to get local issuer certificate|certificate signature failure/,
    );
  });

  it("issues again in place with the same key for another name, and with a new key for another generation", async () => {
    const wanted = leafOf(await authority());
    const kind = certificateKind();
    const { outputs } = await kind.create(wanted, call);
    const before = { inputs: wanted, outputs };
    const renamed = { ...wanted, dnsNames: ["other.internal"] };
    assert.deepEqual((await kind.diff("c", before, renamed, call)).changes, { dnsNames: "input" });
    const next = await kind.update("c", before, renamed, call);
    assert.equal(next.privateKeyPem, outputs.privateKeyPem);
    assert.match(new X509Certificate(next.chainPem).subjectAltName ?? "", /^DNS:other\.internal, /);
    const rekeyed = { ...wanted, keyGeneration: 2 };
    assert.deepEqual((await kind.diff("c", before, rekeyed, call)).changes, { keyGeneration: "input" });
    assert.notEqual((await kind.update("c", before, rekeyed, call)).privateKeyPem, outputs.privateKeyPem);
  });

  it("renews in its last third, also with unchanged inputs", async () => {
    let now = Date.now();
    const kind = certificateKind(() => now);
    const wanted = { ...leafOf(await authority()), validityMs: 9 * HOUR };
    const before = { inputs: wanted, outputs: (await kind.create(wanted, call)).outputs };
    now += 5.9 * HOUR;
    assert.deepEqual((await kind.diff("c", before, wanted, call)).changes, {});
    now += 0.2 * HOUR;
    assert.deepEqual((await kind.diff("c", before, wanted, call)).changes, { notAfter: "output" });
    const renewed = await kind.update("c", before, wanted, call);
    assert.equal(renewed.privateKeyPem, before.outputs.privateKeyPem);
    assert.deepEqual((await kind.diff("c", { inputs: wanted, outputs: renewed }, wanted, call)).changes, {});
  });

  it("never outlives its authority", async () => {
    const root = await authority(30);
    const { outputs } = await certificateKind().create(leafOf(root), call);
    assert.equal(outputs.notAfter, root.notAfter);
  });

  it("sends the intermediates along, and not the root", async () => {
    const root = await authority();
    const made = inTemporaryFolder(intermediateOf);
    const wanted = { ...leafOf(root), authorityCertificatePem: made.chain + root.certificatePem, authorityPrivateKeyPem: made.key };
    const { outputs } = await certificateKind().create(wanted, call);
    assert.equal(certificateBlocks(outputs.chainPem).length, 2);
    assert.equal(opensslVerify(made.root, outputs.chainPem, "sslserver"), "OK");
  });

  it("names every bad input and keeps secrets out of the reasons", async () => {
    const bad = {
      authorityCertificatePem: 1,
      authorityPrivateKeyPem: secretOnWire(["hunter2"]),
      commonName: "x".repeat(65),
      dnsNames: ["a b", "-a", "*.*.b"],
      ipAddresses: ["1.2.3"],
      uris: ["no uri"],
      usages: ["email"],
      validityMs: 10,
      keyGeneration: "1",
    };
    const { failures } = await provider.check(urn, {}, bad);
    assert.deepEqual(
      failures.map(({ property }) => property),
      [
        "authorityCertificatePem",
        "authorityPrivateKeyPem",
        "commonName",
        "dnsNames[0]",
        "dnsNames[1]",
        "dnsNames[2]",
        "ipAddresses[0]",
        "uris[0]",
        "usages[0]",
        "validityMs",
        "keyGeneration",
      ],
    );
    assert.ok(!JSON.stringify(failures).includes("hunter2"));
    assert.equal(failures[1]?.reason, "is not accepted: give a text");
    assert.equal(failures[3]?.reason, '"a b" is not accepted: allowed: a host name; only its first label may be `*`');
    assert.equal(failures[8]?.reason, '"email" is not allowed: allowed: server, client');
  });

  it("refuses what is no authority, a key of another one, and a server without a name", async () => {
    const [root, other] = [await authority(), await authority()];
    const leaf = (await certificateKind().create(leafOf(root), call)).outputs;
    const checked = async (changes: object) => (await provider.check(urn, {}, { ...leafOf(root), ...changes })).failures;
    assert.deepEqual(await checked({}), []);
    assert.deepEqual(await checked({ authorityPrivateKeyPem: other.privateKeyPem }), [
      {
        property: "authorityPrivateKeyPem",
        reason: "does not belong to the authority's certificate: give the key of the certificate that signs",
      },
    ]);
    assert.deepEqual(await checked({ authorityCertificatePem: leaf.chainPem, authorityPrivateKeyPem: leaf.privateKeyPem }), [
      {
        property: "authorityCertificatePem",
        reason: 'is the certificate of "CN=orders", which is not an authority: give a certificate with CA:TRUE',
      },
    ]);
    assert.deepEqual(await checked({ authorityCertificatePem: "x", authorityPrivateKeyPem: "y" }), [
      { property: "authorityCertificatePem", reason: "is not a certificate: give PEM text that starts with the certificate that signs" },
      { property: "authorityPrivateKeyPem", reason: "is not a private key: give PEM text, PKCS#8, not encrypted" },
    ]);
    assert.deepEqual(await checked({ dnsNames: [], ipAddresses: [] }), [
      {
        property: "dnsNames",
        reason: "a server's certificate is looked up by its names: give at least one of dnsNames, ipAddresses",
      },
    ]);
  });

  it("marks the authority's key secret, and judges nothing that is still unknown", async () => {
    const wanted = { ...leafOf(await authority()), authorityCertificatePem: UNKNOWN_ON_WIRE, authorityPrivateKeyPem: UNKNOWN_ON_WIRE };
    const { inputs, failures } = await provider.check(urn, {}, { ...wanted, dnsNames: [UNKNOWN_ON_WIRE], uris: undefined });
    assert.deepEqual(failures, []);
    assert.deepEqual(inputs.authorityPrivateKeyPem, secretOnWire(UNKNOWN_ON_WIRE));
    assert.deepEqual(inputs.uris, []);
  });

  it("keeps the authority's key out of the state", async () => {
    const root = await authority();
    const { state } = await provider.create(leafOf(root), operation("Certificate"));
    assert.ok(!("authorityPrivateKeyPem" in state));
    assert.equal(typeof (state.privateKeyPem as { value?: unknown }).value, "string");
    assert.equal(state.commonName, "orders");
  });

  it("makes nothing in a preview", async () => {
    const { id, state } = await provider.create(leafOf(await authority()), operation("Certificate"), true);
    assert.equal(id, "");
    assert.equal(state.chainPem, UNKNOWN_ON_WIRE);
    assert.deepEqual(state.privateKeyPem, secretOnWire(UNKNOWN_ON_WIRE));
  });

  it("takes over a certificate from a PEM file, so that the next up changes nothing", async () => {
    const root = await authority();
    const kind = certificateKind();
    const wanted = { ...leafOf(root), ipAddresses: ["127.0.0.1"], validityMs: 90 * DAY };
    const { outputs } = await kind.create(wanted, call);
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "leaf.pem");
      writeFileSync(file, outputs.chainPem + outputs.privateKeyPem + root.certificatePem + root.privateKeyPem);
      const imported = await kind.import(file, call);
      assert.deepEqual({ ...imported.inputs, validityMs: 0 }, { ...wanted, validityMs: 0 });
      assert.deepEqual(imported.outputs, outputs);
      writeFileSync(file, outputs.chainPem + root.privateKeyPem);
      await assert.rejects(kind.import(file, call), {
        message: `${file}: the first private key does not belong to the first certificate: the leaf and its key come first`,
      });
    });
    await assert.rejects(kind.import("leaf.pem", call), {
      message:
        'Importing needs the absolute path of a PEM file with the leaf and its key, followed by the authority\'s certificate and its key as the id, not "leaf.pem"',
    });
  });
});

/** An intermediate below a root of its own, made with openssl: our roots allow none. */
function intermediateOf(folder: string): { root: string; chain: string; key: string } {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const extensions = (ca: string) =>
    `basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n${ca}`;
  writeFileSync(join(folder, "int.ext"), extensions("authorityKeyIdentifier=keyid"));
  openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "root.key");
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    "root.key",
    "-subj",
    "/CN=Outer root",
    "-days",
    "30",
    "-out",
    "root.pem",
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
  );
  openssl("genrsa", "-out", "int.key", "2048");
  openssl("req", "-new", "-key", "int.key", "-subj", "/CN=Intermediate", "-out", "int.csr");
  openssl(
    "x509",
    "-req",
    "-in",
    "int.csr",
    "-CA",
    "root.pem",
    "-CAkey",
    "root.key",
    "-CAcreateserial",
    "-days",
    "30",
    "-extfile",
    "int.ext",
    "-out",
    "int.pem",
  );
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  return { root: read("root.pem"), chain: read("int.pem"), key: read("int.key") };
}
