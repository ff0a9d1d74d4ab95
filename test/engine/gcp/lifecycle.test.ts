import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { writes } from "../../simulator/core/journal.ts";
import { changed, counts, Lab, type LabStack, type Run } from "../../support/engine.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { gatewayOn, stackDocument } from "../stacks.ts";

const gateway = (stack: string, patch: unknown = {}) => gatewayOn("gcp", stackDocument(stack, patch));

/** Asserts that writes began in this order. */
function order(run: Run, ...wanted: string[]): void {
  const done = writes(run.journal);
  const places = wanted.map((write) => done.indexOf(write));
  wanted.forEach((write, index) => {
    assert.notEqual(places[index], -1, `${write} was not written; written:\n${done.join("\n")}`);
    if (index > 0) assert.ok((places[index - 1] as number) < (places[index] as number), `${write} came before ${wanted[index - 1]}`);
  });
}

/** A stack that can be destroyed again. */
const unprotected = { gcp: { run: { deletionProtection: false } } };

describe("Google Cloud through the engine", function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
    for (const [project, name, dnsName] of [
      ["shop-prod-271828", "shop", "shop.example.com."],
      ["shop-dev-314159", "dev-shop", "dev.shop.example.com."],
    ])
      await lab.existing("gcp:dns/managedZone:ManagedZone", { project, name, dnsName });
  });
  after(() => lab?.close());

  describe("on Cloud Run", () => {
    let stack: LabStack;
    let resources = 0;
    const ours = (type: string) => lab.cloud.all(type).find(({ inputs }) => inputs.project === "shop-prod-271828");
    const configId = () => ours("gcp:endpoints/service:Service")?.outputs.configId;
    const revision = () => ours("gcp:cloudrunv2/service:Service")?.outputs.latestReadyRevision;
    const prod = (patch: unknown = {}) => gateway("gcp-prod", mergePatch(unprotected, patch));

    it("creates everything, each thing after what it needs, and gives back what every cloud gives back", async () => {
      stack = await lab.stack("gcp-prod");
      const run = await stack.up(prod());
      resources = counts(run).create ?? 0;
      assert.deepEqual(Object.keys(counts(run)), ["create"]);
      order(
        run,
        "create gcp:projects/service:Service shop-api-servicemanagement",
        "create gcp:endpoints/service:Service shop-endpoints",
        "create gcp:projects/service:Service shop-endpoints-enabled",
        "create gcp:projects/apiKey:ApiKey shop-key-acme-mobile-1",
        "create gcp:storage/bucketObject:BucketObject shop-config-object",
        "create gcp:cloudrunv2/service:Service shop-service",
        "create gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup shop-group",
        "create gcp:compute/backendService:BackendService shop-backend",
        "create gcp:compute/globalForwardingRule:GlobalForwardingRule shop-https-rule",
      );
      order(
        run,
        "create gcp:dns/recordSet:RecordSet shop-certificate-proof-record",
        "create gcp:certificatemanager/certificate:Certificate shop-certificate",
        "create gcp:certificatemanager/certificateMapEntry:CertificateMapEntry shop-certificate-entry",
        "create gcp:dns/recordSet:RecordSet shop-address-record",
      );
      const { url, dnsRecords } = run.outputs;
      const consumers = run.outputs.consumers as Record<string, string>;
      assert.equal(url, "https://api.shop.example.com");
      assert.deepEqual(dnsRecords, []);
      assert.deepEqual(Object.keys(consumers), ["acme-mobile", "corner-store"]);
      for (const key of Object.values(consumers)) assert.match(String(key), /^AIza[\w-]{35}$/);
      assert.ok(run.secretOutputs.includes("consumers"));
      const state = JSON.stringify(stack.state());
      for (const key of Object.values(consumers)) assert.ok(!state.includes(String(key)), "a key stands in the state in the open");
    });

    it("changes nothing when nothing changed, and finds nothing when it looks", async () => {
      const run = await stack.up(prod());
      assert.deepEqual(counts(run), { same: resources });
      assert.deepEqual(writes(run.journal), []);
      assert.deepEqual(changed(await stack.refresh()), []);
    });

    it("makes a route change a new definition and a new revision, and touches nothing else", async () => {
      const [id, before] = [configId(), revision()];
      const run = await stack.up(prod({ routes: { stores: { path: "/stores", methods: ["GET"], backend: "catalog", public: true } } }));
      assert.deepEqual(changed(run).sort(), [
        "replace gcp:storage/bucketObject:BucketObject shop-config-object",
        "update gcp:cloudrunv2/service:Service shop-service",
        "update gcp:endpoints/service:Service shop-endpoints",
      ]);
      order(
        run,
        "update gcp:endpoints/service:Service shop-endpoints",
        "create gcp:storage/bucketObject:BucketObject shop-config-object",
        "update gcp:cloudrunv2/service:Service shop-service",
      );
      assert.notEqual(configId(), id);
      assert.notEqual(revision(), before);
    });

    it("issues a new key without taking the old one away", async () => {
      const before = (await stack.up(prod())).outputs.consumers as Record<string, string>;
      const run = await stack.up(prod({ consumers: { "acme-mobile": { keyGeneration: 2, keepPreviousKey: true } } }));
      const now = run.outputs.consumers as Record<string, string>;
      assert.notEqual(now["acme-mobile"], before["acme-mobile"]);
      assert.equal(now["corner-store"], before["corner-store"]);
      assert.ok(!writes(run.journal).some((write) => write.startsWith("delete gcp:projects/apiKey")));
    });

    it("destroys everything but the Endpoints service, whose name the next deployment takes again", async () => {
      const run = await stack.destroy();
      assert.deepEqual(Object.keys(counts(run)), ["delete"]);
      const left = lab.cloud.everything().filter(({ inputs }) => inputs.project === "shop-prod-271828");
      assert.deepEqual([...new Set(left.map(({ type }) => type))].sort(), ["gcp:dns/managedZone:ManagedZone"]);
      const again = await stack.up(prod());
      assert.equal(counts(again).create, resources);
      await stack.destroy();
    });
  });

  it("puts a renewed certificate in its place before the old one goes, and refuses a wrong key", async () => {
    const authority = await TestAuthority.create();
    const issue = () => authority.issue({ dnsNames: ["api.dev.shop.example.com"], notAfter: new Date(Date.now() + 90 * 86_400_000) });
    const [first, second] = [await issue(), await issue()];
    const stack = await lab.stack("imported");
    const up = (pair: typeof first, key = pair.privateKey) => {
      const certificate = { source: "imported", fullchain: `${pair.chain}\n${authority.root}`, privateKey: { secret: "front-key" } };
      return stack.tryUp(gateway("gcp-dev", { tls: { certificate } }), {
        config: { "secure-gateway:front-key": { value: key, secret: true } },
      });
    };
    assert.equal((await up(first)).error, undefined);
    const renewed = await up(second);
    assert.equal(renewed.error, undefined);
    order(
      renewed,
      "create gcp:certificatemanager/certificate:Certificate shop-certificate",
      "update gcp:certificatemanager/certificateMapEntry:CertificateMapEntry shop-certificate-entry",
      "delete gcp:certificatemanager/certificate:Certificate shop-certificate",
    );
    const wrong = await up(second, first.privateKey);
    assert.match(
      String(wrong.error),
      /tls\.certificate\.privateKey: the private key does not belong to the certificate; store the key the certificate was issued for/,
    );
    await stack.destroy();
  });

  it("runs in pods of a cluster, whose new configuration is there before the pods change", async () => {
    const stack = await lab.stack("gke");
    const settings = { gcp: { flavour: "gke", gke: { zones: ["europe-west3-a", "europe-west3-b"], network: "shop" }, run: null } };
    const run = await stack.up(gateway("gcp-dev", settings));
    order(
      run,
      "create kubernetes:core/v1:ConfigMap shop-config",
      "create kubernetes:apps/v1:Deployment shop-pods",
      "create kubernetes:core/v1:Service shop-pods-service",
      "create gcp:compute/backendService:BackendService shop-backend",
    );
    assert.deepEqual(counts(await stack.up(gateway("gcp-dev", settings))), { same: counts(run).create });
    const route = { routes: { stores: { path: "/stores", methods: ["GET"], backend: "catalog", public: true } } };
    const next = await stack.up(gateway("gcp-dev", mergePatch(settings, route)));
    assert.deepEqual(changed(next).sort(), [
      "replace kubernetes:core/v1:ConfigMap shop-config",
      "update gcp:endpoints/service:Service shop-endpoints",
      "update kubernetes:apps/v1:Deployment shop-pods",
    ]);
    await stack.destroy();
  });

  it("says that a deleted name is held, in the cloud's words", async () => {
    const patch = { gcp: { endpoints: { name: "held", onDestroy: "delete" } } };
    const stack = await lab.stack("held");
    await stack.up(gateway("gcp-dev", patch));
    await stack.destroy();
    const run = await (await lab.stack("held-again")).tryUp(gateway("gcp-dev", patch));
    assert.match(String(run.error), /held\.endpoints\.shop-dev-314159\.cloud\.goog has been deleted and will be purged after 30 days/);
  });

  it("says which zone is missing, without a stack trace", async () => {
    const run = await (await lab.stack("nozone")).tryPreview(gateway("gcp-dev", { dns: { zone: "elsewhere" } }));
    assert.match(
      String(run.error),
      /dns\.zone: there is no managed zone "elsewhere" in project shop-dev-314159 .*; create it, name another one, or leave dns\.zone out and create the records elsewhere/,
    );
    assert.doesNotMatch(run.diagnostics.join("\n"), /\n\s+at /);
  });
});
