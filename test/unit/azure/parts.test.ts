import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "mocha";
import { parseAllDocuments } from "yaml";
import { relativeName } from "../../../components/backends/azure/dns.ts";
import { manifest } from "../../../components/backends/azure/manifest.ts";
import { divide } from "../../../components/backends/azure/network.ts";
import { windowOf } from "../../../components/backends/azure/policy/limits.ts";
import { customProperties } from "../../../components/backends/azure/service.ts";
import { tierFacts } from "../../../components/backends/azure/tiers.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { assertAfter, planOf, resource, resources } from "../../support/plan.ts";
import { BASE } from "./refused-documents.ts";

const golden = (name: string) => ({ file: join(import.meta.dirname, "..", "..", "golden", "azure", "in", `${name}.yaml`) });
const A = "azure-native:apimanagement";

describe("Parts of the Azure backend", () => {
  it("divides a block into two halves", () => {
    assert.deepEqual(divide("10.240.0.0/24"), { service: "10.240.0.0/25", gateway: "10.240.0.128/25" });
    assert.deepEqual(divide("10.1.16.7/20"), { service: "10.1.16.0/21", gateway: "10.1.24.0/21" });
    assert.deepEqual(divide("192.168.1.0/25"), { service: "192.168.1.0/26", gateway: "192.168.1.64/26" });
  });

  it("names records relative to their zone", () => {
    assert.equal(relativeName("api.shop.example.com", "shop.example.com"), "api");
    assert.equal(relativeName("shop.example.com", "shop.example.com"), "@");
    assert.equal(relativeName("_dnsauth.api.shop.example.com", "example.com"), "_dnsauth.api.shop");
  });

  it("never lets more pass than the token bucket would, in any window", () => {
    for (const [requests, per, burst] of [
      [50, 1000, 100],
      [1, 1000, 1],
      [100, 60_000, 100],
      [7, 1000, 20],
      [3, 60_000, 9],
      [1000, 3_600_000, 80],
    ] as const) {
      const window = windowOf({ requests, periodMs: per, burst });
      assert.ok(window, `${requests} per ${per} ms, burst ${burst}`);
      assert.ok(window.calls <= burst);
      assert.ok(window.seconds >= 1 && window.seconds <= 300);
      const rate = requests / (per / 1000);
      // In any time w the platform lets pass at most calls × ceil(w ÷ seconds) (a sliding window) …
      for (let w = 0.5; w < 1000; w += 0.5) assert.ok(window.calls * Math.ceil(w / window.seconds) <= burst + rate * w + 1e-6, `${w} s`);
    }
  });

  it("always sends every protocol and cipher suite that can be switched off", () => {
    const standard = customProperties(tierFacts("Standard"));
    assert.equal(Object.values(standard).filter((value) => value === "false").length, 16);
    assert.equal(standard["Microsoft.WindowsAzure.ApiManagement.Gateway.Protocols.Server.Http2"], "true");
    const v2 = customProperties(tierFacts("StandardV2"));
    assert.equal(Object.keys(v2).length, 6);
    assert.ok(Object.keys(v2).every((key) => !key.includes("Ciphers")));
  });

  it("writes a manifest for the gateway on premises, its token in a secret of the cluster", () => {
    const settings = {
      name: "shop-on-premises",
      endpoint: "shop.configuration.azure-api.net",
      image: "registry.example.com/gateway:2.9.0",
      replicas: 3,
    };
    const read = (plainHttp: boolean) =>
      parseAllDocuments(manifest({ ...settings, plainHttp })).map((one) => one.toJS() as Record<string, never>);
    const kinds = read(true).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["ConfigMap", "Deployment", "Service", "Service", "PodDisruptionBudget"]);
    const [config, deployment, service] = read(false) as unknown as [
      { data: Record<string, string> },
      { spec: { replicas: number; template: { spec: { containers: { image: string; env: object[]; securityContext: object }[] } } } },
      { spec: { ports: { port: number }[]; externalTrafficPolicy: string } },
    ];
    const { "net.server.tls.ciphers.allowed-suites": front, "net.client.tls.ciphers.allowed-suites": back, ...data } = config.data;
    assert.deepEqual(data, {
      "config.service.endpoint": "shop.configuration.azure-api.net",
      "neighborhood.host": "shop-on-premises-replicas",
      "telemetry.logs.std": "json",
    });
    for (const suite of `${front},${back}`.split(","))
      assert.match(suite, /^TLS_(ECDHE_(RSA|ECDSA)_WITH_)?(AES_(128|256)_GCM|CHACHA20_POLY1305)_SHA\d+$/);
    const [container] = deployment.spec.template.spec.containers;
    assert.equal(deployment.spec.replicas, 3);
    assert.equal(container?.image, "registry.example.com/gateway:2.9.0");
    assert.deepEqual(container?.env, [
      { name: "config.service.auth", valueFrom: { secretKeyRef: { name: "shop-on-premises-token", key: "value" } } },
    ]);
    assert.deepEqual(
      service.spec.ports.map(({ port }) => port),
      [443],
    );
    assert.equal(service.spec.externalTrafficPolicy, "Local");
  });

  it("gives backends of one host one private zone", async () => {
    const network = { type: "private", addresses: ["10.240.0.20"] };
    const route = (backend: string) => ({ path: `/${backend}`, methods: ["GET"], backend, public: true });
    const document = mergePatch(BASE, {
      azure: { tier: "Premium", network: { mode: "internal" } },
      backends: {
        orders: { url: "https://stock.internal.example.com/orders", network },
        stock: { url: "https://stock.internal.example.com:8443/stock", network },
      },
      routes: { orders: route("orders"), stock: route("stock"), health: null },
    });
    const plan = await planOf("azure", JSON.stringify(document));
    for (const [type, name] of [
      ["PrivateZone", "shop-names-orders"],
      ["PrivateRecordSet", "shop-names-orders-a"],
      ["VirtualNetworkLink", "shop-names-orders-link"],
    ])
      assert.deepEqual(
        resources(plan, `azure-native:privatedns:${type}`).map((one) => one.name),
        [name],
      );
  });

  it("waits with the service for the right to read its certificate, and with the API for the policy that closes the service", async () => {
    const plan = await planOf("azure", golden("developer-internal"));
    const service = resource(plan, `${A}:ApiManagementService`);
    assertAfter(plan, service, resource(plan, "azure-native:authorization:RoleAssignment", "shop-vault-reader"));
    assertAfter(plan, service, resource(plan, "azure-native:keyvault:Secret", "shop-certificate"));
    assertAfter(plan, resource(plan, `${A}:Api`), resource(plan, `${A}:Policy`));
    assert.deepEqual(service.options.timeouts, { create: "4h", update: "4h", delete: "4h" });
    assert.equal(resource(plan, `${A}:Certificate`).inputs.password, "[secret]");
  });

  it("leaves room in a vault's name for the provider's random digits, and never gives one itself", async () => {
    for (const [name, vault] of [
      ["shop-gateway1", "shop-gateway1-kv"],
      ["shop-gateway-internal", "shop-gat-809c-kv"],
      ["shop-gateway-external", "shop-gat-716a-kv"],
    ] as const) {
      const plan = await planOf("azure", golden("developer-internal"), { overlays: [{ name, azure: { resourceGroup: "rg_shop.prod" } }] });
      const made = resource(plan, "azure-native:keyvault:Vault");
      assert.equal(made.name, vault);
      assert.ok(!("vaultName" in made.inputs));
    }
  });

  it("puts nothing secret into a plan, and no body or credential into a log", async () => {
    const plan = await planOf("azure", golden("premium-front-door"));
    assert.doesNotMatch(JSON.stringify(plan), /BEGIN (RSA )?PRIVATE KEY/);
    assert.equal(JSON.stringify(resource(plan, "azure-native:cdn:Rule").inputs).includes("[secret]"), true);
    for (const { inputs } of resources(plan, `${A}:ApiDiagnostic`)) {
      const messages = JSON.stringify(inputs);
      assert.doesNotMatch(messages, /"bytes":[1-9]|authorization|cookie/i);
      assert.match(messages, /"mode":"Hide","value":"\*"/);
    }
  });

  it("creates one pool for equal weights, and gives it the backends by weight", async () => {
    const plan = await planOf("azure", golden("standard-routing"));
    const pools = resources(plan, `${A}:Backend`).filter(({ inputs }) => inputs.type === "Pool");
    assert.deepEqual(
      pools.map(({ inputs }) => inputs.pool),
      [
        {
          services: [
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the plan
            { id: "${shop-backend-orders.id}", priority: 1, weight: 90 },
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the plan
            { id: "${shop-backend-next.id}", priority: 1, weight: 10 },
          ],
        },
      ],
    );
  });

  it("tells how full a service is by the metrics its tier has", async () => {
    const overlays = [{ observability: { accessLogs: { enabled: true }, alarms: { notify: ["mailto:ops@example.com"] } } }];
    const meters = async (name: string) =>
      resources(await planOf("azure", golden(name), { overlays }), "azure-native:monitor:MetricAlert").map(({ name: alarm, inputs }) => [
        alarm,
        (inputs.criteria as { allOf: { metricName: string }[] }).allOf[0]?.metricName,
      ]);
    assert.deepEqual(await meters("standard-routing"), [["shop-alarm-capacity", "Capacity"]]);
    assert.deepEqual(await meters("standard-v2"), [
      ["shop-alarm-cpu", "CpuPercent_Gateway"],
      ["shop-alarm-memory", "MemoryPercent_Gateway"],
    ]);
  });
});
