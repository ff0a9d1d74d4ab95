import assert from "node:assert/strict";
import { connect } from "node:tls";
import { call, type GatewayAddress } from "../../support/live/client.ts";
import { eventually, Lab, type LabGateway, type Part } from "./support/lab.ts";
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
    // On a busy machine a client is slow to notice that a connection is not to be used again, too.
    gateway.drainTime = "4s";
    await gateway.up();
    at = await gateway.address();
  });
  after(() => lab.close());

  /** Changes the gateway with requests running, from well before until the processes that were replaced have ended. */
  async function underLoad(change: Part): Promise<Readonly<Record<string, number>>> {
    const load = new Load(at, "/products", PER_SECOND);
    await eventually("requests before the change", () => load.answered > PER_SECOND / 2 || undefined);
    const { changes } = await gateway.up(change);
    const before = load.answered;
    await eventually("the end of what was replaced", () => gateway.envoys().length === 1 || undefined);
    await eventually("requests after the change", () => load.answered > before + PER_SECOND / 2 || undefined);
    const report = await load.stop();
    assert.deepEqual([report.failed, report.failures], [0, []]);
    assert.ok(report.rate > PER_SECOND * 0.9, `only ${report.rate.toFixed()} requests a second were sent`);
    return changes;
  }

  it("a route and a limit", async () => {
    const rateLimit = { requests: 1, per: "hour", burst: 1, key: "gateway" };
    const changes = await underLoad({ routes: { products: PRODUCTS, list: { ...LIST, rateLimit } } });
    assert.deepEqual(changes, { same: 6, update: 1 });
    assert.deepEqual([(await call(at, "/list")).status, (await call(at, "/list")).status], [200, 429]);
  });

  it("the gateway's certificate", async () => {
    const before = await shownAt(gateway.ports.https);
    const changes = await underLoad({ tls: { certificate: { source: "internal", validity: "720h" } } });
    assert.deepEqual(changes, { same: 5, update: 2 });
    assert.notEqual(await shownAt(gateway.ports.https), before);
  });

  it("a service's certificate: the service goes on", async () => {
    const before = { services: gateway.services(), serial: await shownAt(gateway.ports.service) };
    const changes = await underLoad({ local: gateway.withService({ names: ["localhost", "catalog.test"] }) });
    // The gateway's own certificate goes back to the validity of before.
    assert.deepEqual(changes, { same: 4, update: 3 });
    assert.deepEqual(gateway.services(), before.services);
    assert.notEqual(await shownAt(gateway.ports.service), before.serial);
  });

  it("how Envoy is started: a successor takes over", async () => {
    const before = gateway.envoys();
    await underLoad({ local: { workers: 1 } });
    assert.equal(
      before.some((pid) => gateway.envoys().includes(pid)),
      false,
    );
  });
});

/** Serial number of the certificate shown on a loopback port. */
function shownAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: "lab.localhost", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
