import assert from "node:assert/strict";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { getZoneOutput } from "@pulumi/aws/route53/getZone.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import { Zone } from "@pulumi/aws/route53/zone.js";
import { after, before, describe, it } from "mocha";
import { changed, counts, Lab } from "../../support/engine.ts";

const REGION = { "aws:region": { value: "eu-central-1" } };
const LOGS = "aws:cloudwatch/logGroup:LogGroup";

describe("engine against the simulator: a cloud others change too", function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open({ packages: ["aws"] });
  });
  after(() => lab?.close());

  const logs =
    (options: { import?: string } = {}, retentionInDays = 30) =>
    async () => {
      new LogGroup("logs", { name: "/shop/access", retentionInDays }, options);
    };

  it("takes over what exists when it is imported, and shows what the program would change", async () => {
    const { id } = await lab.existing(LOGS, { name: "/shop/access", retentionInDays: 30 }, { region: "eu-central-1" });
    const stack = await lab.stack("import", REGION);
    const differs = await stack.preview(logs({ import: id }, 90));
    assert.deepEqual(changed(differs), [`update ${LOGS} logs`]);
    assert.deepEqual(differs.changes[0]?.differs, ["retentionInDays"]);
    assert.deepEqual(changed(await stack.up(logs({ import: id }))), [`import ${LOGS} logs`]);
    assert.deepEqual(counts(await stack.up(logs())), { same: 1 });
    await stack.destroy();
  });

  it("sees drift in a refresh and repairs it in the next up", async () => {
    const stack = await lab.stack("drift", REGION);
    await stack.up(logs());
    lab.change(LOGS, "logs", { retentionInDays: 1 });
    assert.deepEqual(counts(await stack.up(logs())), { same: 1 }, "without a refresh the engine trusts its state");
    const refresh = await stack.refresh();
    assert.deepEqual(changed(refresh), [`update ${LOGS} logs`]);
    assert.deepEqual(changed(await stack.up(logs())), [`update ${LOGS} logs`]);
    assert.equal(lab.cloud.get(LOGS, "/shop/access")?.inputs.retentionInDays, 30);
    await stack.destroy();
  });

  it("creates again what was deleted behind its back", async () => {
    const stack = await lab.stack("deleted", REGION);
    await stack.up(logs());
    lab.cloud.remove(LOGS, "/shop/access");
    assert.deepEqual(changed(await stack.refresh()), [`delete ${LOGS} logs`]);
    assert.deepEqual(changed(await stack.up(logs())), [`create ${LOGS} logs`]);
    await stack.destroy();
  });

  it("lets one stack use what another one, or nobody, made", async () => {
    const dns = await lab.stack("dns", REGION);
    await dns.up(async () => {
      new Zone("zone", { name: "example.com" });
    });
    const gateway = await lab.stack("gateway", REGION);
    const program = async () => {
      const zone = getZoneOutput({ name: "example.com" });
      const record = new DnsRecord("record", { zoneId: zone.zoneId, name: "api.example.com", type: "A", ttl: 60, records: ["192.0.2.1"] });
      return { fqdn: record.fqdn };
    };
    assert.deepEqual((await gateway.up(program)).outputs, { fqdn: "api.example.com" });
    assert.match(String((await dns.tryDestroy()).error), /HostedZoneNotEmpty/);
    await gateway.destroy();
    await dns.destroy();
    assert.deepEqual(lab.cloud.everything(), []);
  });
});
