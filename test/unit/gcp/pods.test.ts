import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planOf, resources } from "../../support/plan.ts";

const document = (route: Record<string, unknown> = {}, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    name: "shop",
    hostname: "api.shop.example.com",
    gcp: { project: "shop-test-1", region: "europe-west3", flavour: "gke", gke: { zones: ["europe-west3-a"], network: "shop" } },
    backends: { orders: { url: "https://orders.example.com", tls: { clientCertificate: "internal" } } },
    routes: { all: { path: "/all", methods: ["GET"], backend: "orders", public: true, ...route } },
    ...more,
  });

// biome-ignore lint/suspicious/noExplicitAny: inputs are read without a schema
const podsOf = async (text: string): Promise<any> => resources(await planOf("gcp", text), "kubernetes:apps/v1:Deployment")[0]?.inputs.spec;

const apisOf = async (text: string): Promise<unknown[]> =>
  resources(await planOf("gcp", text), "gcp:projects/service:Service").map(({ inputs }) => inputs.service);

describe("Pods of a gateway on GKE", () => {
  it("work on until the load balancer has taken them out and the slowest route is answered, at most as long as it waits", async () => {
    for (const [timeout, seconds] of [
      ["15s", 45],
      ["4m", 270],
      ["1h", 330],
    ] as const) {
      const { terminationGracePeriodSeconds, containers } = (await podsOf(document({ timeout }))).template.spec;
      assert.deepEqual(
        containers.map(({ lifecycle }: { lifecycle: unknown }) => lifecycle),
        [{ preStop: { sleep: { seconds } } }, { preStop: { sleep: { seconds } } }],
      );
      assert.equal(terminationGracePeriodSeconds, seconds + 30);
    }
  });

  it("mount secrets under names a plan shows", async () => {
    const text = document();
    const names = resources(await planOf("gcp", text), "kubernetes:core/v1:Secret").map(
      ({ inputs }) => (inputs.metadata as { name: string }).name,
    );
    assert.match(String(names), /^shop-[0-9a-f]{8}-[0-9a-f]{10}$/);
    const { volumes } = (await podsOf(text)).template.spec;
    assert.deepEqual(
      volumes.flatMap(({ secret }: { secret?: { secretName: string } }) => secret?.secretName ?? []),
      names,
    );
  });
});

describe("APIs a gateway on Google Cloud enables", () => {
  it("IAM for its account, and Secret Manager on GKE only for services that find their certificates there", async () => {
    const alone = await apisOf(document());
    assert.ok(alone.includes("iam.googleapis.com"));
    assert.ok(!alone.includes("secretmanager.googleapis.com"));
    const services = {
      orders: { names: ["orders.shop.internal"], callers: ["gateway"], reader: "orders@shop-test-1.iam.gserviceaccount.com" },
    };
    assert.ok((await apisOf(document({}, { internal: { services } }))).includes("secretmanager.googleapis.com"));
  });
});
