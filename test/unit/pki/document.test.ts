import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { judge } from "../../../components/backends/judge.ts";
import { modelOf } from "../../support/live-gateway.ts";
import { type Authorities, authorities } from "./support/broken.ts";
import { clientAuth, HOST, make } from "./support/workshop.ts";

describe("every certificate of a document", () => {
  let shared: Authorities;

  before(async () => {
    shared = await authorities();
  });

  const model = (fields: object, backend: object, provider: object = {}) =>
    modelOf({
      name: "shop",
      hostname: HOST,
      tls: { certificate: { source: "internal" }, ...fields },
      jwt: {
        providers: {
          login: { issuer: "https://login.example.com", audiences: ["shop"], jwksUri: "https://login.example.com/keys", ...provider },
        },
      },
      backends: { orders: { url: "https://orders.example.com", tls: backend } },
      routes: { orders: { path: "/orders", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] } },
    });

  it("is inspected, and reported at its place", async () => {
    const leaf = await make({ dns: ["any.example.com"], by: shared.root, until: 3650 });
    const clients = await make({ name: "Clients", ca: true, usages: [clientAuth], until: 3650 });
    const faults = async (...parts: Parameters<typeof model>) =>
      judge("local", await model(...parts)).faults.map(({ path, message }) => `${path}: ${message}`);
    assert.deepEqual(
      await faults(
        {
          certificate: { source: "imported", fullchain: leaf.pem, privateKey: { secret: "k" } },
          clientValidation: { caCertificates: [leaf.pem] },
        },
        { caCertificates: [clients.pem], clientCertificate: { certificate: leaf.pem, privateKey: { secret: "c" } } },
        { jwksTls: { caCertificates: [clients.pem] } },
      ),
      [
        `tls.certificate.fullchain: the certificate is for any.example.com, not for ${HOST}`,
        'tls.certificate.fullchain: the chain ends at "any.example.com", whose issuer "Root" is missing',
        'tls.clientValidation.caCertificates: "any.example.com" is no authority\'s certificate: its basic constraints do not say CA',
        'jwt.providers.login.jwksTls.caCertificates: the authority "Clients" may sign for clientAuth only, not for serverAuth',
        'backends.orders.tls.caCertificates: the authority "Clients" may sign for clientAuth only, not for serverAuth',
        "backends.orders.tls.clientCertificate.certificate: the certificate is for serverAuth, not for clientAuth",
      ],
    );
    const pinned = await make({ name: "core", usages: [clientAuth], until: 3650 });
    assert.deepEqual(await faults({}, { certificate: pinned.pem }), [
      "backends.orders.tls.certificate: the certificate is for clientAuth, not for serverAuth",
    ]);
  });

  it("leads to findings where nothing is refused", async () => {
    const soon = new Date(Date.now() + 10.5 * 86_400_000);
    const days = (soon.getTime() - new Date("2026-11-21T12:00:00Z").getTime()) / 86_400_000;
    const root = await make({ name: "Soon", ca: true, until: days });
    const { faults, findings } = judge(
      "local",
      await model({ clientValidation: { caCertificates: [root.pem] } }, { caCertificates: [root.pem] }),
    );
    assert.deepEqual(faults, []);
    const message = `"Soon" ends on ${soon.toISOString().slice(0, 10)}, in 10 days`;
    const remedy = "add its successor to the list before that day";
    assert.deepEqual(
      findings.filter(({ id }) => id === "certificate-ends"),
      ["tls.clientValidation.caCertificates", "backends.orders.tls.caCertificates"].map((path) => ({
        id: "certificate-ends",
        severity: "warning",
        path,
        message,
        remedy,
      })),
    );
  });
});
