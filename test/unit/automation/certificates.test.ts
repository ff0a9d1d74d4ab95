// The X.509 library finds its parts by decorators and needs this first.
import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { certificatesOf, withFront } from "../../../automation/certificates.ts";
import { stylist } from "../../../cli/text/style.ts";
import { answer } from "../../../cli/verbs/certs.ts";

x509.cryptoProvider.set(webcrypto as never);
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const NOW = Date.parse("2026-11-21T12:00:00Z");
const DAY = 86_400_000;

describe("certificates of a state", () => {
  let authority: string;
  let leaf: string;
  let short: string;
  before(async () => {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      name: "CN=shop root",
      notBefore: new Date(NOW - DAY),
      notAfter: new Date(NOW + 3650 * DAY),
      signingAlgorithm: ALGORITHM,
      keys: keys as never,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    });
    const issue = async (name: string, days: number, left: number) =>
      (
        await x509.X509CertificateGenerator.create({
          subject: `CN=${name}`,
          issuer: root.subject,
          notBefore: new Date(NOW + (left - days) * DAY),
          notAfter: new Date(NOW + left * DAY),
          signingAlgorithm: ALGORITHM,
          publicKey: keys.publicKey as never,
          signingKey: keys.privateKey as never,
          extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: `${name}.example.com` }])],
        })
      ).toString("pem");
    authority = root.toString("pem");
    leaf = await issue("api", 90, 20);
    short = await issue("orders", 9, 1);
  });

  const resource = (name: string, outputs: unknown) => ({ urn: `urn:pulumi:one::lab::t:index:T::${name}`, type: "t:index:T", outputs });
  const state = (...resources: unknown[]) => ({ version: 3, deployment: { resources } });

  it("are listed once each, by the resource that came first, with chain and days left", () => {
    const found = certificatesOf(
      state(
        resource("root", { certificatePem: authority }),
        resource("leaf", { authorityCertificatePem: authority, chainPem: `${leaf}\n${authority}` }),
        resource("user", { chainPem: leaf }),
      ),
      NOW,
    );
    assert.deepEqual(
      found.map(({ resource, subject, names, issuer, authority, chain, daysLeft, state }) => ({
        resource,
        subject,
        names,
        issuer,
        authority,
        chain,
        daysLeft,
        state,
      })),
      [
        {
          resource: "root",
          subject: "CN=shop root",
          names: [],
          issuer: "CN=shop root",
          authority: true,
          chain: [],
          daysLeft: 3650,
          state: "valid",
        },
        {
          resource: "leaf",
          subject: "CN=api",
          names: ["DNS:api.example.com"],
          issuer: "CN=shop root",
          authority: false,
          chain: ["CN=shop root"],
          daysLeft: 20,
          state: "warning",
        },
      ],
    );
  });

  it("that live short are judged by their own measure", () => {
    const at = (now: number) => certificatesOf(state(resource("s", { pem: short })), now)[0]?.state;
    assert.deepEqual([NOW - 3 * DAY, NOW - 1.5 * DAY, NOW, NOW + DAY].map(at), ["valid", "warning", "alarm", "expired"]);
  });

  it("are not looked for in secrets, and what is no certificate is passed over", () => {
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    assert.deepEqual(
      certificatesOf(state(resource("a", { secret: { "4dabf18193072939515e22adb298388d": "x", ciphertext: "y" }, broken })), NOW),
      [],
    );
    assert.deepEqual(certificatesOf({}, NOW), []);
  });

  it("say what renews them and when, and what needs them", () => {
    const of = (type: string, inputs: object, pem = leaf) =>
      certificatesOf(state({ ...resource("r", { pem }), type, inputs }), NOW).map(({ renewal }) => [renewal.by, renewal.from])[0];
    assert.deepEqual(of("localgateway:index:Certificate", {}), ["up", "2026-11-11T12:00:00.000Z"]);
    assert.deepEqual(of("tls:index/locallySignedCert:LocallySignedCert", { earlyRenewalHours: 48 }), ["up", "2026-12-09T12:00:00.000Z"]);
    assert.deepEqual(of("tls:index/selfSignedCert:SelfSignedCert", {}), ["you", ""]);
    assert.deepEqual(of("acme:index/certificate:Certificate", { minDaysRemaining: 10 }), ["up", "2026-12-01T12:00:00.000Z"]);
    assert.deepEqual(of("acme:index/certificate:Certificate", {}), ["up", "2026-11-11T12:00:00.000Z"]);
    assert.deepEqual(of("aws:acm/certificate:Certificate", {}), ["you", ""]);
    const made = { ...resource("leaf", { pem: leaf }) };
    const user = { ...resource("listener", {}), dependencies: [made.urn] };
    assert.deepEqual(certificatesOf(state(made, user, resource("other", {})), NOW)[0]?.neededBy, ["listener"]);
  });

  it("are found deep in outputs; issuers in a chain and roots side by side are listed, too", () => {
    const found = certificatesOf(state(resource("map", { selfManaged: { pem: [`${leaf}\n${authority}`] } })), NOW);
    assert.deepEqual(
      found.map(({ subject, chain, renewal }) => [subject, chain, renewal.by]),
      [
        ["CN=api", ["CN=shop root"], "you"],
        ["CN=shop root", [], "issuer"],
      ],
    );
    const pair = certificatesOf(state(resource("bundle", { pem: `${authority}\n${leaf}` })), NOW);
    assert.deepEqual(
      pair.map(({ subject, chain, renewal }) => [subject, chain, renewal.by]),
      [
        ["CN=shop root", [], "you"],
        ["CN=api", [], "you"],
      ],
    );
  });

  it("warn as early as they are asked to", () => {
    const at = (warnDays: number) => certificatesOf(state(resource("s", { pem: leaf })), NOW, warnDays)[0]?.state;
    assert.deepEqual([0, 10, 19, 20, 30, 365].map(at), ["valid", "valid", "valid", "warning", "warning", "warning"]);
  });

  it("of the front door are taken from the outputs where no resource shows them", () => {
    const summary = { source: "imported", issuer: "Bought", names: ["api.example.com"], notAfter: new Date(NOW + 20 * DAY).toISOString() };
    const [front] = withFront([], summary, NOW);
    assert.deepEqual([front?.type, front?.daysLeft, front?.state, front?.renewal.by], ["imported", 20, "warning", "you"]);
    const known = certificatesOf(state(resource("leaf", { pem: leaf })), NOW);
    assert.equal(withFront(known, summary, NOW), known);
    const [cloud] = withFront(known, { source: "managed", issuer: "AWS", names: ["api.example.com"], notAfter: "" }, NOW);
    assert.equal(cloud?.resource, "leaf", "a resource shows the name, and the cloud says nothing else");
    const [managed] = withFront([], { source: "managed", issuer: "AWS", names: ["api.example.com"], notAfter: "" }, NOW);
    assert.deepEqual([managed?.state, managed?.daysLeft, managed?.renewal.by], ["unknown", undefined, "cloud"]);
  });

  it("make the answer no, with what to do about those that end", () => {
    const shown = (...resources: unknown[]) => answer(certificatesOf(state(...resources), NOW), "lab", stylist({ write: () => {} }));
    const root = resource("root", { pem: authority });
    assert.equal(shown(root).ok, true);
    const { ok, text } = shown(root, { ...resource("front", { pem: leaf }), type: "localgateway:index:Certificate" });
    assert.equal(ok, false);
    assert.equal(
      text,
      [
        "✗ 1 of 2 certificates expired or about to: run `npx gateway up -s lab`, which renews what the stack issues itself",
        "root  valid, 3650 days left (2036-11-18T12:00:00.000Z)",
        "  authority  CN=shop root",
        "  issuer     CN=shop root",
        "  renewed    by you",
        "front  warning, 20 days left (2026-12-11T12:00:00.000Z)",
        "  subject  CN=api",
        "  names    DNS:api.example.com",
        "  issuer   CN=shop root",
        "  renewed  by `up`, from 2026-11-11 on",
      ].join("\n"),
    );
    assert.match(
      shown(resource("front", { pem: leaf })).text,
      /^✗ 1 of 1 certificate expired or about to: bring new ones, then run `npx gateway up -s lab`\n/,
    );
  });

  it("of an ACME authority on this machine is the one that the gateway serves by now, and renews by itself", () => {
    const type = "localgateway:index:Host";
    const urn = `urn:pulumi:dev::secure-gateway::${type}::shop-host`;
    const resources = [{ urn, type, inputs: { directory: "/srv/shop" }, outputs: { certificatePem: short, state: "ready" } }];
    const exported = { deployment: { resources } };
    const asDeployed = certificatesOf(exported, NOW);
    assert.deepEqual(
      asDeployed.map(({ fingerprint, renewal }) => [fingerprint.length, renewal.by]),
      [[64, "gateway"]],
    );
    const served = certificatesOf(exported, NOW, 30, (folder) => (folder === "/srv/shop" ? leaf : undefined));
    assert.equal(served.length, 1);
    assert.notEqual(served[0]?.fingerprint, asDeployed[0]?.fingerprint);
    const summary = { source: "acme", names: served[0]?.names.map((name) => name.replace("DNS:", "")), notAfter: asDeployed[0]?.notAfter };
    assert.deepEqual(withFront(served, summary, NOW), served);
  });
});
