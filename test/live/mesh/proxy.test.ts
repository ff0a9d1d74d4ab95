import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createPlain, type IncomingMessage, request, type Server } from "node:http";
import { Agent, createServer as createTls, request as tlsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { after, before, describe, it } from "mocha";
import { type ProxySettings, proxyFiles } from "../../../components/mesh/proxy.ts";
import { writeServiceFiles } from "../../../components/pki/distribution/files.ts";
import { FILES } from "../../../components/pki/distribution/material.ts";
import { TestAuthority, type TestKeyPair } from "../../support/live/certificates.ts";
import { type RunningEnvoy, startEnvoy } from "../../support/live/envoy.ts";
import { freePorts } from "../../support/live/ports.ts";

const identity = (service: string) => ({
  commonName: service,
  dnsNames: [`${service}.shop.internal`],
  uris: [`spiffe://shop/service/${service}`],
  usages: ["server", "client"] as const,
});

/** A service that cannot speak TLS, behind Envoy: real connections in and out. */
describe("the proxy of a service without TLS", function () {
  this.timeout(30_000);
  let folder: string;
  let envoy: RunningEnvoy;
  let authority: TestAuthority;
  let orders: TestKeyPair;
  let catalog: TestKeyPair;
  let plain: Server;
  let stock: ReturnType<typeof createTls>;
  const ports = { inbound: 0, service: 0, toStock: 0, toImpostor: 0, stock: 0 };

  const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port;
  const listen = (server: Server | ReturnType<typeof createTls>) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const install = (pair: TestKeyPair) =>
    writeServiceFiles(join(folder, "identity"), {
      [FILES.certificate]: pair.chain,
      [FILES.privateKey]: pair.privateKey,
      [FILES.trust]: authority.root,
    });

  before(async () => {
    authority = await TestAuthority.create();
    const intermediate = await authority.intermediate();
    orders = await intermediate.issue(identity("orders"));
    catalog = await intermediate.issue(identity("catalog"));
    const stockPair = await intermediate.issue(identity("stock"));
    folder = mkdtempSync(join(tmpdir(), "gateway-proxy-"));
    await install(orders);
    plain = createPlain((_, response) => response.end("orders, in the plain"));
    stock = createTls(
      {
        cert: stockPair.chain,
        key: stockPair.privateKey,
        ca: authority.root,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: "TLSv1.3",
      },
      (incoming, response) => response.end((incoming.socket as TLSSocket).getPeerCertificate().subjectaltname ?? ""),
    );
    await listen(plain);
    await listen(stock);
    const [inbound = 0, toStock = 0, toImpostor = 0] = await freePorts(3);
    Object.assign(ports, { inbound, service: portOf(plain), toStock, toImpostor, stock: portOf(stock) });
    const settings: ProxySettings = {
      service: "orders",
      folder,
      identityFolder: join(folder, "identity"),
      inbound: { address: "127.0.0.1", port: inbound, servicePort: ports.service, callers: ["spiffe://shop/service/catalog"] },
      outbound: [
        { name: "stock", localPort: toStock, host: "127.0.0.1", port: ports.stock, serverName: "stock.shop.internal" },
        { name: "impostor", localPort: toImpostor, host: "127.0.0.1", port: ports.stock, serverName: "billing.shop.internal" },
      ],
    };
    for (const [name, content] of Object.entries(proxyFiles(settings))) writeFileSync(join(folder, name), content, { mode: 0o600 });
    envoy = await startEnvoy(folder);
    for (const port of [inbound, toStock, toImpostor]) await accepting(port, envoy);
  });
  after(async () => {
    await envoy?.stop();
    for (const server of [plain, stock]) {
      server?.closeAllConnections();
      await new Promise((done) => (server === undefined ? done(undefined) : server.close(done)));
    }
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const ask = (pair: TestKeyPair | undefined, agent?: Agent): Promise<{ body: string; serial: string }> =>
    new Promise((resolve, reject) => {
      tlsRequest(
        {
          host: "127.0.0.1",
          port: ports.inbound,
          servername: "orders.shop.internal",
          ca: authority.root,
          ...(pair === undefined ? {} : { cert: pair.chain, key: pair.privateKey }),
          agent: agent ?? new Agent({ maxCachedSessions: 0 }),
        },
        (response) => {
          const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
          void textOf(response).then((body) => resolve({ body, serial: serialNumber }), reject);
        },
      )
        .once("error", reject)
        .end();
    });

  it("lets a caller in who is named, and shows the whole chain", async () => {
    assert.equal((await ask(catalog)).body, "orders, in the plain");
  });

  it("ends the handshake of everybody else", async () => {
    const stranger = await TestAuthority.create("Somebody Else");
    await assert.rejects(ask(undefined), /certificate required|ECONNRESET|socket hang up/i, "no certificate");
    await assert.rejects(ask(orders), /certificate unknown|ECONNRESET|socket hang up|alert/i, "a service that is not named");
    await assert.rejects(
      ask(await stranger.issue(identity("catalog"))),
      /unknown ca|ECONNRESET|socket hang up|alert/i,
      "another authority",
    );
    await assert.rejects(get(ports.inbound), /ECONNRESET|socket hang up|EPIPE/, "without TLS");
  });

  it("speaks mutual TLS for the service, and only to who has the right name", async () => {
    assert.equal(await get(ports.toStock), "DNS:orders.shop.internal, URI:spiffe://shop/service/orders");
    await assert.rejects(get(ports.toImpostor), /ECONNRESET|socket hang up/);
  });

  it("takes a renewed identity over while connections stay open; no file is readable by others", async () => {
    const open = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = await ask(catalog, open);
    orders = await (await authority.intermediate()).issue(identity("orders"));
    await install(orders);
    let serial = before.serial;
    for (const until = Date.now() + 10_000; serial === before.serial && Date.now() < until; await sleep(50))
      serial = (await ask(catalog)).serial;
    assert.notEqual(serial, before.serial, "new connections are shown the new certificate");
    assert.deepEqual(await ask(catalog, open), before, "the connection from before goes on");
    open.destroy();
    const current = join(folder, "identity", "current");
    const modes = [
      join(folder, "identity"),
      `${current}/`,
      ...Object.values(FILES)
        .slice(0, 3)
        .map((name) => join(current, name)),
    ].map((path) => (statSync(path).mode & 0o777).toString(8));
    assert.deepEqual(modes, ["700", "700", "600", "600", "600"]);
  });
});

/** A plain request to a loopback port. */
function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, agent: false }, (response) => void textOf(response).then(resolve, reject))
      .once("error", reject)
      .end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function accepting(port: number, envoy: RunningEnvoy): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (envoy.process.exitCode !== null) throw new Error(`Envoy ended:\n${envoy.log()}`);
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, "127.0.0.1", () => done(true)).once("error", () => done(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`Envoy does not listen:\n${envoy.log()}`);
}
