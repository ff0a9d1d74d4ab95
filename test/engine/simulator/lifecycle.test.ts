import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { DomainName } from "@pulumi/aws/apigateway/domainName.js";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import { after, before, describe, it } from "mocha";
import { writes } from "../../simulator/core/journal.ts";
import { changed, counts, Lab, type LabStack } from "../../support/engine.ts";

const REGION = { "aws:region": { value: "eu-central-1" } };

describe("engine against the simulator: life of a stack", function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
  });
  after(() => lab?.close());

  describe("create, nothing, update, destroy", () => {
    let stack: LabStack;
    const program = (retentionInDays: number) => async () => {
      const key = new PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
      const logs = new LogGroup("logs", { retentionInDays, tags: { owner: "shop" } });
      return { key: key.privateKeyPem, arn: logs.arn, name: logs.name };
    };

    it("creates with the outputs the cloud computes", async () => {
      stack = await lab.stack("life", REGION);
      const run = await stack.up(program(30));
      assert.deepEqual(
        changed(run),
        ["create tls:index/privateKey:PrivateKey key", "create aws:cloudwatch/logGroup:LogGroup logs"].sort(byTurn(changed(run))),
      );
      assert.match(String(run.outputs.name), /^logs-[0-9a-f]{7}$/);
      assert.equal(run.outputs.arn, `arn:aws:logs:eu-central-1:123456789012:log-group:${run.outputs.name}`);
      assert.deepEqual(run.secretOutputs, ["key"]);
      assert.deepEqual(writes(run.journal).sort(), [
        "create aws:cloudwatch/logGroup:LogGroup logs",
        "create tls:index/privateKey:PrivateKey key",
      ]);
    });

    it("keeps secrets encrypted in the state, and out of the journal", async () => {
      const { key } = (await stack.up(program(30))).outputs;
      const body = String(key).split("\n")[1] as string;
      assert.ok(body.length > 40);
      const state = JSON.stringify(stack.state());
      assert.ok(state.includes("ciphertext"));
      assert.ok(!state.includes(body));
      assert.ok(!readFileSync(join(lab.cloud.path, "journal.jsonl"), "utf8").includes(body));
    });

    it("finds nothing to do the second time", async () => {
      const run = await stack.up(program(30));
      assert.deepEqual(counts(run), { same: 2 });
      assert.deepEqual(writes(run.journal), []);
    });

    it("shows an update in the preview and then makes it in place", async () => {
      const preview = await stack.preview(program(90));
      assert.deepEqual(changed(preview), ["update aws:cloudwatch/logGroup:LogGroup logs"]);
      assert.deepEqual(writes(preview.journal), []);
      const run = await stack.up(program(90));
      assert.deepEqual(changed(run), ["update aws:cloudwatch/logGroup:LogGroup logs"]);
      assert.deepEqual(run.changes.find(({ operation }) => operation === "update")?.differs, ["retentionInDays"]);
      assert.deepEqual(writes(run.journal), ["update aws:cloudwatch/logGroup:LogGroup logs"]);
    });

    it("destroys, and nothing is left in the cloud", async () => {
      const run = await stack.destroy();
      assert.deepEqual(counts(run), { delete: 2 });
      assert.deepEqual(lab.cloud.everything(), []);
    });
  });

  describe("replacement", () => {
    const program = (host: string, deleteBeforeReplace: boolean) => async () => {
      const key = new PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
      const terms = { allowedUses: ["server_auth"], validityPeriodHours: 24 * 90, earlyRenewalHours: 24 };
      const issued = new SelfSignedCert("issued", {
        privateKeyPem: key.privateKeyPem,
        dnsNames: [host],
        subject: { commonName: host },
        ...terms,
      });
      const certificate = new Certificate("certificate", { domainName: host, validationMethod: "DNS" }, { deleteBeforeReplace });
      new DomainName("domain", {
        domainName: "api.example.com",
        regionalCertificateArn: certificate.arn,
        endpointConfiguration: { types: "REGIONAL" },
      });
      return { end: issued.validityEndTime };
    };

    it("creates before it deletes, and moves users over in between", async () => {
      const stack = await lab.stack("replace", REGION);
      await stack.up(program("api.example.com", false));
      const run = await stack.up(program("*.example.com", false));
      assert.deepEqual(counts(run), { same: 1, replace: 2, update: 1 });
      assert.deepEqual(run.changes.find(({ name }) => name === "certificate")?.replaces, ["domainName"]);
      const steps = writes(run.journal).filter((line) => line.includes("aws:"));
      assert.deepEqual(steps, [
        "create aws:acm/certificate:Certificate certificate",
        "update aws:apigateway/domainName:DomainName domain",
        "delete aws:acm/certificate:Certificate certificate",
      ]);
    });

    it("is refused the other way round while the old one is in use", async () => {
      const stack = await lab.stack("replace");
      const run = await stack.tryUp(program("www.example.com", true));
      assert.match(
        String(run.error),
        /ResourceInUseException: Certificate arn:aws:acm:eu-central-1:123456789012:certificate\/\S+ is in use\./,
      );
      await stack.destroy();
    });

    it("is refused when both would have the same name", async () => {
      const stack = await lab.stack("names", REGION);
      const named = (description: string) => async () => {
        new SecurityGroup("group", { name: "gateway", description, vpcId: "vpc-1" });
      };
      await stack.up(named("one"));
      const run = await stack.tryUp(named("two"));
      assert.match(String(run.error), /InvalidGroup\.Duplicate: The security group 'gateway' already exists for VPC 'vpc-1'/);
      await stack.destroy();
    });

    it("comes by itself when a certificate enters its renewal window", async () => {
      const stack = await lab.stack("renewal", REGION);
      await stack.up(program("api.example.com", false));
      lab.cloud.advance({ days: 88 });
      assert.deepEqual(changed(await stack.preview(program("api.example.com", false))), []);
      lab.cloud.advance({ days: 1, hours: 1 });
      const run = await stack.up(program("api.example.com", false));
      assert.deepEqual(changed(run), ["replace tls:index/selfSignedCert:SelfSignedCert issued"]);
      assert.deepEqual(counts(await stack.up(program("api.example.com", false))), { same: 4 });
      await stack.destroy();
    });
  });
});

/** The engine creates what is independent in any order. */
const byTurn = (order: readonly string[]) => (left: string, right: string) => order.indexOf(left) - order.indexOf(right);
