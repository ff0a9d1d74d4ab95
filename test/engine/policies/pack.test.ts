import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import * as aws from "@pulumi/aws";
import { after, before, describe, it } from "mocha";
import { writes } from "../../simulator/core/journal.ts";
import { Lab } from "../../support/engine.ts";
import { REGION } from "../aws/support.ts";
import { LOCATION } from "../azure/support.ts";
import { gatewayOn, stackDocument } from "../stacks.ts";

const PACK = join(dirname(import.meta.dirname), "..", "..", "policy-packs", "secure-gateway");

/** A gateway as somebody writes it by hand who has not heard of any of this. */
async function careless(): Promise<void> {
  const api = new aws.apigateway.RestApi("api", { description: "orders" });
  const deployment = new aws.apigateway.Deployment("deployment", { restApi: api.id });
  new aws.apigateway.Stage("stage", { restApi: api.id, deployment: deployment.id, stageName: "live" });
  new aws.apigateway.DomainName("domain", { domainName: "api.example.com", securityPolicy: "TLS_1_0" });
  new aws.cloudwatch.LogGroup("logs", {});
  new aws.iam.Role("role", {
    assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
    inlinePolicies: [],
  });
  new aws.iam.Policy("policy", {
    policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }),
  });
}

describe("The policy pack in the engine", function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
    await lab.existing("aws:route53/zone:Zone", { name: "shop.example.com" }, { region: "eu-central-1" });
    await lab.existing("azure-native:resources:ResourceGroup", { resourceGroupName: "dns" }, { location: "westeurope" });
    await lab.existing("azure-native:dns:Zone", { zoneName: "shop.example.com", resourceGroupName: "dns" }, { location: "westeurope" });
    await lab.existing("gcp:dns/managedZone:ManagedZone", { project: "shop-prod-271828", name: "shop", dnsName: "shop.example.com." });
  });
  after(() => lab?.close());

  it("stops a careless gateway before anything is created, and names every fault", async () => {
    const stack = await lab.stack("careless", REGION);
    const run = await stack.tryPreview(careless, { policyPacks: [PACK] });
    assert.notEqual(run.error, undefined);
    const found = run.policies.map(({ policy, level, resource }) => `${level} ${policy} ${resource}`).sort();
    assert.deepEqual(found, [
      "advisory aws-log-encryption logs",
      "advisory aws-rest-client-certificate stage",
      "advisory aws-rest-firewall stage",
      "advisory aws-rest-tracing stage",
      "mandatory aws-api-access-log stage",
      "mandatory aws-api-default-endpoint api",
      "mandatory aws-api-domain-tls domain",
      "mandatory aws-iam-least-privilege policy",
      "mandatory aws-log-retention logs",
    ]);
    const update = await stack.tryUp(careless, { policyPacks: [PACK] });
    assert.notEqual(update.error, undefined);
    assert.deepEqual(writes(update.journal), []);
  });

  it("lets the project's own gateway through", async () => {
    const stack = await lab.stack("aws-prod", REGION);
    const run = await stack.up(gatewayOn("aws", stackDocument("aws-prod")), { policyPacks: [PACK] });
    assert.deepEqual(run.policies, []);
  });

  for (const [cloud, config] of [
    ["azure", LOCATION],
    ["gcp", {}],
  ] as const)
    it(`lets the one on ${cloud} through, as far as its preview knows`, async () => {
      const stack = await lab.stack(`${cloud}-prod`, config);
      const run = await stack.preview(gatewayOn(cloud, stackDocument(`${cloud}-prod`)), { policyPacks: [PACK] });
      assert.deepEqual(
        run.policies.filter(({ level }) => level !== "advisory"),
        [],
      );
    });
});
