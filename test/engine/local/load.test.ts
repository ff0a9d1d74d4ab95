import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { call, type GatewayAddress } from "../../support/live/client.ts";
import { Lab, type LabGateway, type Part } from "./support/lab.ts";
import { Load } from "./support/load.ts";

const PER_SECOND = 300;
const PRODUCTS = { path: "/products", methods: ["GET"], backend: "catalog", public: true };
const LIST = { path: "/list", methods: ["GET"], backend: "catalog", public: true, rewrite: { path: "/products" } };

describe(`changes under ${PER_SECOND} requests a second lose none`, function () {
  this.timeout(120_000);
  let lab: Lab;
  let gateway: LabGateway;
  let at: GatewayAddress;
  before(async () => {
    lab = await Lab.open();
    gateway = await lab.gateway("one");
    await gateway.up();
    at = await gateway.address();
  });
  after(() => lab.close());

  async function underLoad(change: Part): Promise<void> {
    const load = new Load(at, "/products", PER_SECOND);
    await sleep(1000);
    const { changes } = await gateway.up(change);
    assert.ok((changes.update ?? 0) > 0, "something was changed");
    // Connections of before get their second to end.
    await sleep(1500);
    const report = await load.stop();
    assert.deepEqual([report.failed, report.failures], [0, []]);
    assert.ok(report.rate > PER_SECOND * 0.9, `only ${report.rate.toFixed()} requests a second were sent`);
  }

  it("a route", async () => {
    await underLoad({ routes: { products: PRODUCTS, list: LIST } });
    assert.equal((await call(at, "/list")).status, 200);
  });

  it("a limit", async () => {
    const rateLimit = { requests: 1, per: "hour", burst: 1, key: "gateway" };
    await underLoad({ routes: { products: PRODUCTS, list: { ...LIST, rateLimit } } });
    assert.deepEqual([(await call(at, "/list")).status, (await call(at, "/list")).status], [200, 429]);
  });

  it("the certificate", () => underLoad({ tls: { certificate: { source: "internal", validity: "720h" } } }));

  it("how Envoy is started: a successor takes over", async () => {
    const before = gateway.envoys();
    await underLoad({ local: { workers: 1 } });
    assert.equal(
      before.some((pid) => gateway.envoys().includes(pid)),
      false,
    );
  });
});
