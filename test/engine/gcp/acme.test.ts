import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { parse } from "yaml";
import { SecureGateway } from "../../../components/secure-gateway.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { writes } from "../../simulator/core/journal.ts";
import { authorityOf } from "../../simulator/rules/acme/authority.ts";
import { acmeRequests, order } from "../../support/acme.ts";
import { changed, counts, Lab, type LabStack } from "../../support/engine.ts";
import { modelOf } from "../../support/plan.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";
const MANAGER = "gcp:certificatemanager";
const CERTIFICATE = `${MANAGER}/certificate:Certificate`;
const ENTRY = `${MANAGER}/certificateMapEntry:CertificateMapEntry`;
/** Without certificates of the stack's own authority, which would be renewed at the same time. */
const ALONE = { backends: { orders: { tls: { clientCertificate: null } }, catalog: { tls: { clientCertificate: null } } } };

describe("an ACME certificate on Google Cloud through the engine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let stack: LabStack;
  const program = async (): Promise<Record<string, unknown>> => {
    const { config } = parse(readFileSync(join(ROOT, "stacks", "Pulumi.gcp-dev.yaml"), "utf8")) as { config: Record<string, unknown> };
    const overlay = mergePatch(config["secure-gateway:overlay"], {
      tls: { certificate: { source: "acme", email: "ops@shop.example.com" } },
      gcp: { run: { deletionProtection: false } },
    });
    const model = await modelOf({ file: join(ROOT, String(config["secure-gateway:document"])) }, { overlays: [overlay, ALONE] });
    return new SecureGateway(model.name, { cloud: "gcp", model }).outputs();
  };
  const kept = () => lab.cloud.all(CERTIFICATE).find(({ name }) => name === "shop-certificate");
  const inUse = () => lab.cloud.all(ENTRY)[0]?.inputs.certificates;
  before(async () => {
    lab = await Lab.open();
    await lab.existing("gcp:dns/managedZone:ManagedZone", {
      project: "shop-dev-314159",
      name: "dev-shop",
      dnsName: "dev.shop.example.com.",
    });
  });
  after(() => lab?.close());

  it("is there, with its whole chain, before the address is given out", async () => {
    stack = await lab.stack("gcp-acme");
    const run = await stack.up(program);
    order(
      run,
      "create acme:index/registration:Registration shop-acme-account",
      "create acme:index/certificate:Certificate shop-acme-certificate",
      `create ${CERTIFICATE} shop-certificate`,
      `create ${ENTRY} shop-certificate-entry`,
      "create gcp:dns/recordSet:RecordSet shop-address-record",
    );
    const taken = kept()?.inputs.selfManaged as { pemCertificate: string } | undefined;
    const [leaf, issuer, ...more] = String(taken?.pemCertificate)
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .map((pem) => new X509Certificate(pem));
    assert.ok(leaf && issuer);
    assert.deepEqual(more, []);
    const { root } = await authorityOf(DIRECTORY);
    assert.ok(leaf.verify(issuer.publicKey) && issuer.verify(new X509Certificate(root).publicKey));
    assert.equal(leaf.subjectAltName, "DNS:api.dev.shop.example.com");
    assert.deepEqual(inUse(), [kept()?.id]);
    assert.ok(!JSON.stringify(stack.state()).includes("PRIVATE KEY"), "a private key stands in the state");
    const again = await stack.up(program);
    assert.deepEqual(counts(again), { same: counts(run).create });
    assert.deepEqual(writes(again.journal), []);
  });

  it("is renewed in the last third of its life: the new one is in the map before the old one goes", async () => {
    const before = kept()?.id;
    lab.cloud.advance({ days: 57 });
    assert.deepEqual(writes((await stack.up(program)).journal), []);
    lab.cloud.advance({ days: 5 });
    const run = await stack.up(program);
    assert.deepEqual(writes(run.journal), [
      "update acme:index/certificate:Certificate shop-acme-certificate",
      `create ${CERTIFICATE} shop-certificate`,
      `update ${ENTRY} shop-certificate-entry`,
      `delete ${CERTIFICATE} shop-certificate`,
    ]);
    assert.deepEqual(changed(run).sort(), [
      `replace ${CERTIFICATE} shop-certificate`,
      "update acme:index/certificate:Certificate shop-acme-certificate",
      `update ${ENTRY} shop-certificate-entry`,
    ]);
    assert.deepEqual(acmeRequests(run), ["acme:newOrder shop-acme-certificate"]);
    assert.notEqual(kept()?.id, before);
    assert.deepEqual(inUse(), [kept()?.id]);
    assert.deepEqual(writes((await stack.up(program)).journal), []);
  });

  it("goes last of what uses it, and is not revoked", async () => {
    const run = await stack.destroy();
    order(
      run,
      `delete ${ENTRY} shop-certificate-entry`,
      `delete ${CERTIFICATE} shop-certificate`,
      "delete acme:index/certificate:Certificate shop-acme-certificate",
      "delete acme:index/registration:Registration shop-acme-account",
    );
    assert.deepEqual(acmeRequests(run), ["acme:deactivate shop-acme-account"]);
    assert.deepEqual(
      lab.cloud.everything().map(({ type }) => type),
      ["gcp:dns/managedZone:ManagedZone"],
    );
  });
});
