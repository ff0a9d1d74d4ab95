// The X.509 library finds its parts by decorators and needs this first.
import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { certificatesOf } from "../../../automation/certificates.ts";

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
});
