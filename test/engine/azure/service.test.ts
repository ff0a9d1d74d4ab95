import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { customProperties } from "../../../components/backends/azure/service.ts";
import { writes } from "../../simulator/core/journal.ts";
import { counts, Lab } from "../../support/engine.ts";
import { gateway, LOCATION, stackDocument } from "./support.ts";

const A = "azure-native:apimanagement";
const SERVICE = `${A}:ApiManagementService`;

describe("the service on Azure through the engine", function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
    const where = { location: "westeurope" };
    for (const resourceGroupName of ["dns", "platform"])
      await lab.existing("azure-native:resources:ResourceGroup", { resourceGroupName }, where);
    await lab.existing("azure-native:dns:Zone", { zoneName: "dev.shop.example.com", resourceGroupName: "dns" }, where);
  });
  after(() => lab?.close());

  it("takes a deleted service back as it was, and gives it the document's settings in the next deployment", async () => {
    const stack = await lab.stack("azure-restored", LOCATION);
    const named = (email: string, restore = false) =>
      gateway(
        stackDocument("azure-dev", { azure: { publisher: { email }, service: { name: "shop-apim", ...(restore ? { restore } : {}) } } }),
      );
    const publisher = () => lab.cloud.all(SERVICE)[0]?.inputs.publisherEmail;
    await stack.up(named("first@shop.example.com"));
    await stack.destroy();
    const held = await stack.tryUp(named("second@shop.example.com"));
    assert.match(String(held.error), /Api service shop-apim was soft-deleted\. .* you have to either undelete the service or purge it/);
    await stack.up(named("second@shop.example.com", true));
    assert.equal(publisher(), "first@shop.example.com");
    const next = await stack.up(named("second@shop.example.com"));
    assert.deepEqual(writes(next.journal), [`update ${SERVICE} shop-service`]);
    assert.equal(publisher(), "second@shop.example.com");
    assert.deepEqual(writes((await stack.up(named("second@shop.example.com"))).journal), []);
    await stack.destroy();
  });

  it("uses a service of others that fits, and never writes or deletes it", async () => {
    const { id } = await lab.existing(
      SERVICE,
      {
        serviceName: "company-api",
        resourceGroupName: "platform",
        publisherEmail: "owner@example.com",
        publisherName: "Owner",
        sku: { name: "Premium", capacity: 1 },
        hostnameConfigurations: [{ type: "Proxy", hostName: "api.dev.shop.example.com", certificateSource: "Managed" }],
        customProperties: customProperties({ family: "classic" } as Parameters<typeof customProperties>[0]),
      },
      { location: "westeurope" },
    );
    const program = gateway(
      stackDocument("azure-dev", {
        tls: { certificate: { source: "managed" } },
        azure: {
          tier: "Premium",
          service: { existing: id },
          accept: ["approximateLimits", "keyCache"],
          certificate: { freeManaged: true },
        },
        backends: { orders: { tls: { trust: "public" } }, catalog: { tls: { trust: "public" } } },
      }),
    );
    const theirs = () => lab.cloud.get(SERVICE, id);
    const before = theirs();
    const stack = await lab.stack("azure-fitting", LOCATION);
    const run = await stack.up(program);
    const apis = lab.cloud.all(`${A}:Api`);
    assert.deepEqual(
      apis.map(({ inputs }) => [inputs.serviceName, inputs.resourceGroupName]),
      [["company-api", "platform"]],
    );
    assert.deepEqual(counts(await stack.up(program)), { same: counts(run).create });
    const gone = await stack.destroy();
    for (const { journal } of [run, gone]) assert.ok(!writes(journal).some((write) => write.includes(SERVICE)), writes(journal).join("\n"));
    assert.deepEqual(theirs(), before);
    assert.deepEqual(
      lab.cloud.everything().filter(({ type }) => type.startsWith(A) && type !== SERVICE),
      [],
    );
  });
});
