import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, it } from "mocha";
import { writes } from "../../simulator/core/journal.ts";
import { authorityOf } from "../../simulator/rules/acme/authority.ts";
import { acmeRequests, order } from "../../support/acme.ts";
import { changed, counts, Lab, type LabStack } from "../../support/engine.ts";
import { gateway, REGION, stackDocument } from "./support.ts";

const DIRECTORY = "https://acme-staging-v02.api.letsencrypt.org/directory";
const ACM = "aws:acm/certificate:Certificate";

describe("an ACME certificate on AWS through the engine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let stack: LabStack;
  const { document, overlay } = stackDocument("aws-onprem", {
    aws: { cloudwatchRole: "create" },
    tls: { certificate: { source: "acme", email: "ops@shop.example.com", directory: "staging" } },
  });
  const program = gateway(document, overlay);
  const imported = () => lab.cloud.all(ACM).find(({ name }) => name === "shop-certificate");
  before(async () => {
    lab = await Lab.open();
    await lab.existing("aws:route53/zone:Zone", { name: "shop.example.com" }, { region: "eu-central-1" });
  });
  after(() => lab?.close());

  it("is ordered for the account, imported with its whole chain, and only then given to the domain", async () => {
    stack = await lab.stack("aws-acme", REGION);
    const run = await stack.up(program);
    order(
      run,
      "create acme:index/registration:Registration shop-acme-account",
      "create acme:index/certificate:Certificate shop-acme-certificate",
      `create ${ACM} shop-certificate`,
      "create aws:apigateway/domainName:DomainName shop-domain",
    );
    assert.deepEqual(acmeRequests(run), ["acme:newAccount shop-acme-account", "acme:newOrder shop-acme-certificate"]);
    const { root, intermediate } = await authorityOf(DIRECTORY);
    const { certificateBody, certificateChain } = imported()?.inputs ?? {};
    const [leaf, issuer] = [new X509Certificate(String(certificateBody)), new X509Certificate(String(certificateChain))];
    assert.equal(certificateChain, intermediate);
    assert.ok(leaf.verify(issuer.publicKey) && issuer.verify(new X509Certificate(root).publicKey));
    assert.equal(leaf.subjectAltName, "DNS:api.shop.example.com");
    const { issuer: directory, notAfter } = run.outputs.certificate as { issuer: string; notAfter: string };
    assert.equal(directory, DIRECTORY);
    assert.equal(Date.parse(notAfter), Date.parse(leaf.validTo));
    assert.ok(!JSON.stringify(stack.state()).includes("PRIVATE KEY"), "a private key stands in the state");
    const again = await stack.up(program);
    assert.deepEqual(counts(again), { same: counts(run).create });
    assert.deepEqual(writes(again.journal), []);
  });

  it("is renewed in the last third of its life under the same ARN, without touching the domain", async () => {
    const before = imported();
    lab.cloud.advance({ days: 57 });
    assert.deepEqual(writes((await stack.up(program)).journal), []);
    lab.cloud.advance({ days: 5 });
    const run = await stack.up(program);
    assert.deepEqual(writes(run.journal), [
      "update acme:index/certificate:Certificate shop-acme-certificate",
      `update ${ACM} shop-certificate`,
    ]);
    assert.deepEqual(changed(run), ["update acme:index/certificate:Certificate shop-acme-certificate", `update ${ACM} shop-certificate`]);
    assert.deepEqual(acmeRequests(run), ["acme:newOrder shop-acme-certificate"]);
    assert.equal(imported()?.id, before?.id);
    assert.notEqual(imported()?.inputs.certificateBody, before?.inputs.certificateBody);
    assert.deepEqual(writes((await stack.up(program)).journal), []);
  });

  it("goes last of what uses it, and is not revoked", async () => {
    const run = await stack.destroy();
    order(
      run,
      "delete aws:apigateway/domainName:DomainName shop-domain",
      `delete ${ACM} shop-certificate`,
      "delete acme:index/certificate:Certificate shop-acme-certificate",
      "delete acme:index/registration:Registration shop-acme-account",
    );
    assert.deepEqual(acmeRequests(run), ["acme:deactivate shop-acme-account"]);
    assert.deepEqual(
      lab.cloud.everything().map(({ type }) => type),
      ["aws:route53/zone:Zone"],
    );
  });
});
