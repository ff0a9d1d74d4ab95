import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { writes } from "../../simulator/core/journal.ts";
import { RsaAuthority } from "../../support/azure/rsa-authority.ts";
import { changed, counts, Lab, type LabStack, type Run } from "../../support/engine.ts";
import { gateway, LOCATION, overlaps, stackDocument } from "./support.ts";

const A = "azure-native:apimanagement";

/** Asserts that writes began in this order. */
function order(run: Run, ...wanted: string[]): void {
  const done = writes(run.journal);
  const places = wanted.map((one) => done.indexOf(one));
  wanted.forEach((one, index) => {
    assert.notEqual(places[index], -1, `${one} was not written; written:\n${done.join("\n")}`);
    if (index > 0) assert.ok((places[index - 1] as number) < (places[index] as number), `${one} came before ${wanted[index - 1]}`);
  });
}

describe("Azure through the engine", function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
    await lab.existing("azure-native:resources:ResourceGroup", { resourceGroupName: "dns" }, { location: "westeurope" });
    for (const zoneName of ["shop.example.com", "dev.shop.example.com"])
      await lab.existing("azure-native:dns:Zone", { zoneName, resourceGroupName: "dns" }, { location: "westeurope" });
  });
  after(() => lab?.close());

  describe("behind Front Door, with everything on", () => {
    let stack: LabStack;
    let resources = 0;
    const production = (patch: unknown = {}) => gateway(stackDocument("azure-prod", patch));

    it("creates everything, each thing after what it needs", async () => {
      stack = await lab.stack("azure-prod", LOCATION);
      const run = await stack.up(production());
      resources = counts(run).create ?? 0;
      assert.ok(resources > 55, `${resources} resources`);
      assert.deepEqual(Object.keys(counts(run)), ["create"]);
      order(
        run,
        "create azure-native:authorization:RoleAssignment shop-vault-reader",
        `create ${A}:NamedValue shop-front-door-secret`,
        `create ${A}:ApiPolicy shop-policy`,
        `create azure-native:cdn:Route shop-route`,
      );
      order(run, `create ${A}:PolicyFragment shop-problem`, `create ${A}:Policy shop-service-policy`, `create ${A}:Api shop-api`);
      order(run, `create ${A}:Backend shop-backend-orders`, `create ${A}:ApiPolicy shop-policy`);
    });

    it("never writes to one API twice at the same moment", () => {
      assert.deepEqual(overlaps(lab.cloud.journal()), []);
    });

    it("changes nothing when nothing changed, and gives back what every cloud gives back", async () => {
      const run = await stack.up(production());
      assert.deepEqual(counts(run), { same: resources });
      assert.deepEqual(writes(run.journal), []);
      const { outputs, secretOutputs } = run;
      assert.equal(outputs.url, "https://api.shop.example.com");
      assert.deepEqual(outputs.dnsRecords, []);
      const consumers = outputs.consumers as Record<string, string>;
      assert.deepEqual(Object.keys(consumers), ["acme-mobile", "corner-store"]);
      for (const key of Object.values(consumers)) assert.match(key, /^[0-9a-f]{64}$/);
      assert.notEqual(consumers["acme-mobile"], consumers["corner-store"]);
      assert.ok(secretOutputs.includes("consumers"));
      const state = JSON.stringify(stack.state());
      for (const key of Object.values(consumers)) assert.ok(!state.includes(key), "a key stands in the state");
      assert.ok(!state.includes("PRIVATE KEY"), "a private key stands in the state");
    });

    it("writes API and policy only when a route changes", async () => {
      const run = await stack.up(
        production({ routes: { stores: { path: "/stores", methods: ["GET"], backend: "catalog", public: true } } }),
      );
      assert.deepEqual(changed(run), [`update ${A}:ApiPolicy shop-policy`]);
    });

    it("takes a consumer's old key away, and puts back a policy that somebody changed by hand", async () => {
      const subscription = () => lab.cloud.all(`${A}:Subscription`).find(({ name }) => name === "shop-consumer-acme-mobile");
      const first = subscription()?.inputs.primaryKey;
      await stack.up(production({ consumers: { "acme-mobile": { keyGeneration: 2, keepPreviousKey: true } } }));
      assert.equal(subscription()?.inputs.secondaryKey, first);
      lab.change(`${A}:ApiPolicy`, "shop-policy", { value: "<policies><inbound /></policies>" });
      await stack.refresh();
      const run = await stack.up(production({ consumers: { "acme-mobile": { keyGeneration: 2 } } }));
      assert.ok(changed(run).includes(`update ${A}:ApiPolicy shop-policy`), changed(run).join("\n"));
      assert.ok(changed(run).includes(`update ${A}:Subscription shop-consumer-acme-mobile`), changed(run).join("\n"));
      const { primaryKey, secondaryKey } = subscription()?.inputs ?? {};
      assert.ok(primaryKey !== first && secondaryKey !== first && primaryKey !== secondaryKey);
    });

    it("destroys everything", async () => {
      await stack.destroy();
      assert.deepEqual(
        lab.cloud
          .everything()
          .map(({ type }) => type)
          .sort(),
        ["azure-native:dns:Zone", "azure-native:dns:Zone", "azure-native:resources:ResourceGroup"],
      );
    });
  });

  describe("certificates", () => {
    const imported = ({ chain }: { chain: string }) => ({
      tls: { certificate: { source: "imported", fullchain: chain, privateKey: { secret: "front-key" } } },
    });

    it("imports a renewed certificate as a new version, without touching the service", async () => {
      const authority = new RsaAuthority();
      const [first, second] = [authority.issue(["api.dev.shop.example.com"]), authority.issue(["api.dev.shop.example.com"])];
      const stack = await lab.stack("azure-imported", LOCATION);
      const up = (pair: typeof first, key = pair.privateKey) =>
        stack.tryUp(gateway(stackDocument("azure-dev", imported(pair))), {
          config: { "secure-gateway:front-key": { value: key, secret: true } },
        });
      assert.equal((await up(first)).error, undefined);
      assert.deepEqual(changed(await up(first)), []);
      const renewed = await up(second);
      assert.deepEqual(changed(renewed), ["update azure-native:keyvault:Secret shop-certificate"]);
      const wrong = await up(second, first.privateKey);
      assert.match(
        String(wrong.error),
        /tls\.certificate\.privateKey: the private key does not belong to the certificate; store the key the certificate was issued for/,
      );
      assert.doesNotMatch(String(wrong.error), /\bat .*\.ts:|node:internal/);
      await stack.destroy();
    });

    it("renews a certificate of its own authority in the last third of its life", async () => {
      const stack = await lab.stack("azure-internal", LOCATION);
      const program = gateway(stackDocument("azure-dev", { tls: { certificate: { validity: "2160h" } } }));
      await stack.up(program);
      lab.cloud.advance({ days: 61 });
      assert.deepEqual(changed(await stack.up(program)), [
        "replace tls:index/locallySignedCert:LocallySignedCert shop-front",
        "update azure-native:keyvault:Secret shop-certificate",
      ]);
      await stack.destroy();
    });
  });

  describe("a service of others", () => {
    const SERVICE =
      "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/platform/providers/Microsoft.ApiManagement/service/company-api";
    const overlay = {
      tls: { certificate: { source: "managed" } },
      azure: {
        tier: "Premium",
        service: { existing: SERVICE },
        accept: ["approximateLimits", "keyCache"],
        certificate: { freeManaged: true },
      },
      backends: { orders: { tls: { trust: "public" } }, catalog: { tls: { trust: "public" } } },
    };

    it("is refused while it does not fit, with everything its owner has to change", async () => {
      await lab.existing("azure-native:resources:ResourceGroup", { resourceGroupName: "platform" }, { location: "westeurope" });
      await lab.existing(
        `${A}:ApiManagementService`,
        {
          serviceName: "company-api",
          resourceGroupName: "platform",
          publisherEmail: "owner@example.com",
          publisherName: "Owner",
          sku: { name: "Standard", capacity: 1 },
        },
        { location: "westeurope" },
      );
      const run = await (await lab.stack("azure-existing", LOCATION)).tryUp(gateway(stackDocument("azure-dev", overlay)));
      assert.match(
        String(run.error),
        /azure\.service\.existing: the service "company-api" does not fit the document; its owner has to change it:/,
      );
      assert.match(String(run.error), /its tier is Standard, the document says Premium/);
      assert.match(String(run.error), /it does not serve the host name api\.dev\.shop\.example\.com/);
      assert.match(
        String(run.error),
        /its custom property Microsoft\.WindowsAzure\.ApiManagement\.Gateway\.Security\.Protocols\.Tls10 is not "false"/,
      );
      assert.doesNotMatch(run.diagnostics.join("\n"), /\n\s+at /);
    });
  });

  it("creates nothing when the tier cannot keep the document", async () => {
    const before = lab.cloud.everything().length;
    const run = await (await lab.stack("azure-refused", LOCATION)).tryUp(
      gateway(stackDocument("azure-dev", { azure: { tier: "BasicV2" } })),
    );
    assert.match(String(run.error), /things that azure cannot enforce\. Nothing was created\./);
    assert.match(
      String(run.error),
      /backends\.orders\.tls: azure \(BasicV2\) cannot do this: verify backends against the gateway's own authority; the tier has no store for your authorities/,
    );
    assert.match(String(run.error), /plans\.gold\.quota: .*set azure\.tier to Developer, Basic, Standard or Premium/);
    assert.doesNotMatch(run.diagnostics.join("\n"), /\n\s+at /);
    assert.equal(lab.cloud.everything().length, before);
  });

  it("can be created again at once after a destroy, now with a VPN to backends on premises", async () => {
    const stack = await lab.stack("azure-internal", LOCATION);
    const program = gateway(
      stackDocument("azure-dev", {
        azure: {
          network: {
            mode: "internal",
            onPremises: { type: "vpn", gatewayAddress: "203.0.113.12", addressSpaces: ["10.20.0.0/16"], sharedKey: { secret: "vpn-key" } },
          },
        },
        backends: { catalog: { network: { type: "onPremises", addresses: ["10.20.0.10"] } } },
      }),
    );
    const run = await stack.up(program, { config: { "secure-gateway:vpn-key": { value: "a long shared key", secret: true } } });
    order(
      run,
      "create azure-native:network:Subnet shop-subnet",
      "create azure-native:network:Subnet shop-line-subnet",
      "create azure-native:network:VirtualNetworkGateway shop-line-gateway",
      "create azure-native:network:VirtualNetworkGatewayConnection shop-line",
    );
    order(run, "create azure-native:privatedns:PrivateRecordSet shop-names-catalog-a", `create ${A}:Backend shop-backend-catalog`);
    assert.deepEqual(run.outputs.bridge, {
      backends: [{ name: "catalog", addresses: ["10.20.0.10"], via: "vpn", health: "requests by backend in the request log" }],
    });
    assert.ok(!JSON.stringify(stack.state()).includes("a long shared key"));
    await stack.destroy();
  });
});
