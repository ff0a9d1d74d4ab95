import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { connect } from "node:tls";
import { FILES } from "../../../components/backends/local/envoy/layout.ts";
import { isRunning } from "../../../tools/setup/process.mjs";
import { call, type GatewayAddress } from "../../support/live/client.ts";
import { freePorts } from "../../support/live/ports.ts";
import { eventually, kill, Lab, type LabGateway } from "./support/lab.ts";

/** Serial number of the certificate the gateway shows. */
function serial({ address, port, hostname, ca }: GatewayAddress): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername: hostname, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** A request without TLS. */
async function plain(port: number, hostname: string, path: string) {
  const [response] = await once(get({ host: "127.0.0.1", port, path, headers: { host: `${hostname}:${port}` } }), "response");
  const { statusCode: status, headers } = response as IncomingMessage;
  return { status, headers, body: await buffer(response as IncomingMessage) };
}

const refused = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => assert.fail(`port ${port} still answers`),
    (error: { cause?: { code?: string } }) => assert.equal(error.cause?.code, "ECONNREFUSED"),
  );

const PRODUCTS = { path: "/products", methods: ["GET"], backend: "catalog", public: true };
const LIST = { path: "/list", methods: ["GET"], backend: "catalog", public: true, rewrite: { path: "/products" } };

describe("life of a gateway on this machine, by the real engine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let gateway: LabGateway;
  let at: GatewayAddress;
  before(async () => {
    lab = await Lab.open();
    gateway = await lab.gateway("one");
  });
  after(() => lab.close());

  it("brings everything up, reachable with the authority of the outputs", async () => {
    const { changes, outputs } = await gateway.up();
    // Stack, component, authority, three certificates (front, gateway, service), host.
    assert.deepEqual(changes, { create: 7 });
    assert.equal(outputs.url, `https://lab.localhost:${gateway.ports.https}`);
    assert.equal(outputs.address, `127.0.0.1:${gateway.ports.https}`);
    at = await gateway.address();
    const answer = await call(at, "/products");
    assert.equal(answer.status, 200);
    assert.equal(answer.json<{ products: unknown[] }>().products.length, 3);
    assert.equal((await call(at, "/list")).status, 404);
    const { status, headers } = await plain(gateway.ports.http, at.hostname, "/products");
    const list = await plain(gateway.ports.http, at.hostname, "/.well-known/gateway-authority.crl");
    assert.deepEqual([list.status, list.headers["content-type"]], [200, "application/pkix-crl"]);
    const text = execFileSync("openssl", ["crl", "-inform", "DER", "-noout", "-text"], { input: list.body, encoding: "utf8" });
    assert.match(text, /Issuer: CN = lab internal authority\n/);
    assert.match(text, /No Revoked Certificates/);
    assert.deepEqual([status, headers.location], [308, `https://lab.localhost:${gateway.ports.https}/products`]);
  });

  it("keeps keys out of everybody else's reach, and out of the state", async () => {
    const state = join(lab.project.privateFolder, "state");
    const files = readdirSync(state, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
    assert.ok(files.length > 0);
    for (const file of files) assert.doesNotMatch(readFileSync(join(state, file), "utf8"), /PRIVATE KEY/, file);
    assert.doesNotMatch(readFileSync(join(gateway.directory, "bootstrap.json"), "utf8"), /PRIVATE KEY/);
  });

  it("changes nothing when nothing has changed", async () => {
    const before = [gateway.envoys(), gateway.agents(), gateway.services()];
    const { changes } = await gateway.up();
    assert.deepEqual(changes, { same: 7 });
    assert.deepEqual([gateway.envoys(), gateway.agents(), gateway.services()], before);
  });

  it("changes a route and a limit in the running Envoy", async () => {
    const before = gateway.envoys();
    const limited = { ...LIST, rateLimit: { requests: 1, per: "hour", burst: 1, key: "gateway" } };
    const { changes } = await gateway.up({ routes: { products: PRODUCTS, list: limited } });
    assert.deepEqual(changes, { same: 6, update: 1 });
    assert.equal((await call(at, "/list")).status, 200);
    const over = await call(at, "/list");
    assert.deepEqual([over.status, Number(over.headers["retry-after"]) > 0], [429, true]);
    assert.equal((await call(at, "/products")).status, 200);
    assert.deepEqual(gateway.envoys(), before);

    assert.deepEqual((await gateway.up({ routes: { products: PRODUCTS, list: LIST } })).changes, { same: 6, update: 1 });
    assert.deepEqual([(await call(at, "/list")).status, (await call(at, "/list")).status], [200, 200]);
    assert.deepEqual(gateway.envoys(), before);
  });

  it("shows another certificate without another Envoy", async () => {
    const before = { envoys: gateway.envoys(), serial: await serial(at) };
    const { changes } = await gateway.up({ tls: { certificate: { source: "internal", validity: "720h" } } });
    assert.deepEqual(changes, { same: 5, update: 2 });
    assert.notEqual(await serial(at), before.serial);
    assert.deepEqual(gateway.envoys(), before.envoys);
  });

  it("moves to other ports and closes the ones before", async () => {
    const old = gateway.ports;
    const [https = 0, http = 0, admin = 0] = await freePorts(3);
    gateway.ports = { ...old, https, http, admin };
    assert.deepEqual((await gateway.up()).changes, { same: 5, update: 2 });
    at = await gateway.address();
    assert.equal((await call(at, "/products")).status, 200);
    await eventually("the end of the Envoy before", () => (gateway.envoys().length === 1 ? true : undefined));
    for (const port of [old.http, old.admin]) await refused(port);
    await assert.rejects(call({ ...at, port: old.https }, "/products"), { code: "ECONNREFUSED" });
  });

  it("sees in a refresh what has drifted, and puts it right", async () => {
    const file = join(gateway.directory, FILES.routes);
    const content = readFileSync(file, "utf8");
    writeFileSync(file, content.replaceAll("/products", "/elsewhere"));
    assert.deepEqual((await gateway.run("refresh")).changes, { same: 6, update: 1 });
    assert.deepEqual((await gateway.run("up")).changes, { same: 6, update: 1 });
    assert.equal(readFileSync(file, "utf8"), content);
    assert.equal((await call(at, "/products")).status, 200);
    assert.deepEqual((await gateway.run("refresh")).changes, { same: 7 });
  });

  it("starts again what was killed together with the agent that watches over it", async () => {
    const [agent = 0] = gateway.agents();
    await kill(agent);
    for (const envoy of gateway.envoys()) await kill(envoy);
    for (const service of gateway.services()) await kill(service);
    const { changes } = await gateway.run("refresh");
    assert.deepEqual(changes, { same: 6, update: 1 });
    assert.deepEqual((await gateway.run("up")).changes, { same: 6, update: 1 });
    assert.equal((await call(at, "/products")).status, 200);
    assert.deepEqual([gateway.agents().length, gateway.envoys().length], [1, 1]);
  });

  it("leaves nothing when it is destroyed", async () => {
    const processes = gateway.processes();
    assert.equal(processes.length, 3);
    assert.deepEqual((await gateway.run("destroy")).changes, { delete: 7 });
    assert.deepEqual(processes.filter(isRunning), []);
    assert.deepEqual(gateway.processes(), []);
    assert.equal(existsSync(gateway.directory), false);
    for (const port of [gateway.ports.http, gateway.ports.admin, gateway.ports.service]) await refused(port);
    assert.deepEqual(readdirSync(join(lab.project.privateFolder, "work")), []);
    assert.deepEqual(readdirSync(join(lab.project.privateFolder, "locks")), []);
  });
});
