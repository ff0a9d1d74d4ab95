import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { SecureGateway } from "../../../components/secure-gateway.ts";
import { writes } from "../../simulator/core/journal.ts";
import { authorityOf } from "../../simulator/rules/acme/authority.ts";
import { acmeRequests, order } from "../../support/acme.ts";
import { counts, Lab, type LabStack } from "../../support/engine.ts";
import { modelOf } from "../../support/plan.ts";
import { LOCATION, stackDocument } from "./support.ts";

const DIRECTORY = "https://acme-staging-v02.api.letsencrypt.org/directory";
const SECRET = "azure-native:keyvault:Secret";
const SERVICE = "azure-native:apimanagement:ApiManagementService";
/** Without certificates of the stack's own authority, which would be renewed at the same time. */
const ALONE = { backends: { orders: { tls: { clientCertificate: null } }, catalog: { tls: { clientCertificate: null } } } };

describe("an ACME certificate on Azure through the engine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let stack: LabStack;
  const { document, overlay } = stackDocument("azure-dev", {
    tls: { certificate: { source: "acme", email: "ops@shop.example.com", directory: "staging", keyType: "RSA2048" } },
  });
  const program = async (): Promise<Record<string, unknown>> => {
    const model = await modelOf(document, { overlays: [overlay, ALONE] });
    return new SecureGateway(model.name, { cloud: "azure", model }).outputs();
  };
  const properties = () =>
    lab.cloud.all(SECRET).find(({ name }) => name === "shop-certificate")?.inputs.properties as {
      value: string;
      contentType: string;
      attributes: { expires: number };
    };
  /** Certificates and key in the archive the vault keeps. */
  const opened = () => {
    const file = join(lab.folder, "certificate.p12");
    writeFileSync(file, Buffer.from(properties().value, "base64"));
    const text = execFileSync("openssl", ["pkcs12", "-in", file, "-passin", "pass:", "-nodes"], { encoding: "utf8" });
    const blocks = (kind: string) => text.match(new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`, "g")) ?? [];
    const [leaf, issuer, ...more] = blocks("CERTIFICATE").map((pem) => new X509Certificate(pem));
    assert.ok(leaf && issuer && more.length === 0);
    return { leaf, issuer, key: createPrivateKey(String(blocks("PRIVATE KEY")[0])) };
  };
  before(async () => {
    lab = await Lab.open();
    await lab.existing("azure-native:resources:ResourceGroup", { resourceGroupName: "dns" }, { location: "westeurope" });
    const zone = { zoneName: "dev.shop.example.com", resourceGroupName: "dns" };
    await lab.existing("azure-native:dns:Zone", zone, { location: "westeurope" });
  });
  after(() => lab?.close());

  it("is in the vault with chain and key before the service reads it", async () => {
    stack = await lab.stack("azure-acme", LOCATION);
    const run = await stack.up(program);
    order(
      run,
      "create acme:index/registration:Registration shop-acme-account",
      "create acme:index/certificate:Certificate shop-acme-certificate",
      `create ${SECRET} shop-certificate`,
      `create ${SERVICE} shop-service`,
    );
    const { leaf, issuer, key } = opened();
    const { root } = await authorityOf(DIRECTORY);
    assert.ok(leaf.verify(issuer.publicKey) && issuer.verify(new X509Certificate(root).publicKey));
    assert.ok(leaf.checkPrivateKey(key));
    assert.equal(leaf.subjectAltName, "DNS:api.dev.shop.example.com");
    assert.equal(properties().contentType, "application/x-pkcs12");
    assert.equal(properties().attributes.expires * 1000, Date.parse(leaf.validTo));
    const state = JSON.stringify(stack.state());
    assert.ok(!state.includes("PRIVATE KEY") && !state.includes(properties().value.slice(0, 200)), "a private key stands in the state");
    const again = await stack.up(program);
    assert.deepEqual(counts(again), { same: counts(run).create });
    assert.deepEqual(writes(again.journal), []);
  });

  it("is renewed in the last third of its life as a new version of the secret, without touching the service", async () => {
    const before = opened();
    lab.cloud.advance({ days: 57 });
    assert.deepEqual(writes((await stack.up(program)).journal), []);
    lab.cloud.advance({ days: 5 });
    const run = await stack.up(program);
    assert.deepEqual(writes(run.journal), [
      "update acme:index/certificate:Certificate shop-acme-certificate",
      `update ${SECRET} shop-certificate`,
    ]);
    assert.deepEqual(acmeRequests(run), ["acme:newOrder shop-acme-certificate"]);
    const { leaf } = opened();
    assert.notEqual(leaf.serialNumber, before.leaf.serialNumber);
    assert.equal(properties().attributes.expires * 1000, Date.parse(leaf.validTo));
    assert.deepEqual(writes((await stack.up(program)).journal), []);
  });

  it("goes last of what uses it, and is not revoked", async () => {
    const run = await stack.destroy();
    order(
      run,
      `delete ${SERVICE} shop-service`,
      `delete ${SECRET} shop-certificate`,
      "delete acme:index/certificate:Certificate shop-acme-certificate",
      "delete acme:index/registration:Registration shop-acme-account",
    );
    assert.deepEqual(acmeRequests(run), ["acme:deactivate shop-acme-account"]);
    assert.deepEqual(
      lab.cloud
        .everything()
        .map(({ type }) => type)
        .sort(),
      ["azure-native:dns:Zone", "azure-native:resources:ResourceGroup"],
    );
  });
});
