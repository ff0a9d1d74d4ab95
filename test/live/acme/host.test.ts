import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { get } from "node:http";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { bundledRoots, filePaths, renderBootstrap, renderFiles, writeOrder } from "../../../components/backends/local/envoy/render.ts";
import { envoyArgument } from "../../../providers/local/agent/envoy-record.ts";
import { agentArgument } from "../../../providers/local/agent/protocol.ts";
import type { HostInputs } from "../../../providers/local/host/inputs.ts";
import { LAYOUT } from "../../../providers/local/host/layout.ts";
import { withArgument } from "../../../providers/local/machine/processes.ts";
import { host } from "../../../providers/local/resources/host.ts";
import { findPebble } from "../../../tools/setup/pebble.ts";
import { freePorts } from "../../support/live/ports.ts";
import { modelOf } from "../../support/live-gateway.ts";
import { operation } from "../../unit/provider/support/provider.ts";
import { testFolder } from "../provider/support/gateway.ts";
import { Pebble } from "./support/pebble.ts";
import { Port80 } from "./support/port-80.ts";

const HOST = "shop.test";
const skipped = findPebble() === undefined ? " (skipped: Pebble is neither on PATH nor built, which takes Go)" : "";
const call = operation("Host");

describe(`a gateway whose certificate comes from an ACME authority, with Envoy and agent${skipped}`, function () {
  this.timeout(120_000);
  const folder = testFolder();
  const directory = join(folder.path, "gateway");
  let port80: Port80;
  let pebble: Pebble;
  let ports: { https: number; http: number };
  let wanted: HostInputs;
  let outputs: Awaited<ReturnType<typeof host.create>>["outputs"];

  before(async function () {
    if (skipped) this.skip();
    const [https = 0, http = 0, admin = 0] = await freePorts(3);
    ports = { https, http };
    port80 = await Port80.open();
    port80.lead(HOST, { port: http });
    pebble = await Pebble.start({ folder: join(folder.path, "pebble"), httpPort: port80.port });
    const directoryOf = {
      source: "acme",
      email: "ops@example.com",
      directory: pebble.directoryUrl,
      caCertificates: [pebble.caCertificate],
    };
    const model = await modelOf({
      name: "shop",
      hostname: HOST,
      tls: { certificate: directoryOf },
      backends: { nobody: { url: "https://127.0.0.1:1" } },
      routes: { any: { path: "/any", methods: ["GET"], backend: "nobody", public: true } },
      local: { address: "127.0.0.1", httpsPort: https, httpPort: http, adminPort: admin, workers: 1 },
    });
    const options = { folder: "", publicRoots: { pem: bundledRoots() } };
    wanted = {
      directory,
      bootstrap: renderBootstrap(model, options),
      files: renderFiles(model, { clients: {}, apiKeys: {} }, options),
      writeOrder: writeOrder(filePaths(model, options)),
      workers: 1,
      adminSocket: "run/admin.sock",
      listeners: [`127.0.0.1:${https}`, `127.0.0.1:${http}`],
      drainMs: 1000,
      services: {},
      quotas: [],
      logRetentionDays: 0,
      acme: {
        directoryUrl: pebble.directoryUrl,
        email: "ops@example.com",
        names: [HOST],
        keyType: "P256",
        caCertificates: [pebble.caCertificate],
        issue: 1,
      },
    };
  });
  after(async () => {
    if (outputs) await host.delete?.(directory, { inputs: wanted, outputs }, call);
    for (const { pid } of [...withArgument(agentArgument(directory)), ...withArgument(envoyArgument(directory))])
      process.kill(pid, "SIGKILL");
    await pebble?.stop();
    port80?.close();
    folder.remove();
  });

  /** Serial number of what is shown to a client that trusts the authority's root. */
  async function shown(): Promise<string> {
    const ca = await pebble.root();
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: ports.https, servername: HOST, ca }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  /** Status and headers of plain HTTP. */
  const plain = (path: string): Promise<{ status: number; location: string | undefined }> =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port: ports.http, path, headers: { host: HOST } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, location: response.headers.location });
      }).on("error", reject);
    });

  it("is not ready without one: the first try fails with the authority's reason, and only the account stays", async () => {
    port80.lose = () => true;
    await assert.rejects(
      host.create(wanted, call),
      new RegExp(`^ResourceError: ${pebble.directoryUrl} has issued no certificate for ${HOST}: .*\\.well-known/acme-challenge/`),
    );
    port80.lose = () => false;
    assert.deepEqual(readdirSync(directory), ["acme"]);
    assert.match(readdirSync(join(directory, "acme")).sort().join(), /^account-[0-9a-f]{16}\.json,progress\.json$/);
    assert.deepEqual([withArgument(agentArgument(directory)), withArgument(envoyArgument(directory))], [[], []]);
  });

  it("is ready with one that its clients trust", async () => {
    ({ outputs } = await host.create(wanted, call));
    assert.equal(outputs.state, "ready");
    assert.equal(await shown(), new X509Certificate(outputs.certificatePem).serialNumber);
    assert.equal(statSync(join(directory, LAYOUT.acmeSecret)).mode & 0o777, 0o600);
    assert.deepEqual((await host.diff(directory, { inputs: wanted, outputs }, wanted, call)).changes, {});
  });

  it("redirects everything on the port of plain HTTP but challenges, of which it knows none now", async () => {
    assert.deepEqual(await plain("/.well-known/acme-challenge/abc"), { status: 404, location: undefined });
    for (const path of ["/any", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/a/b", "/.well-known/acme-challenge/..%2f"]) {
      const { status } = await plain(path);
      assert.ok(status === 308 || status === 400, `${path}: ${status}`);
    }
    assert.deepEqual(await plain("/any"), { status: 308, location: `https://${HOST}:${ports.https}/any` });
  });

  it("gets a new one while requests go on, without a failed handshake or a closed connection", async () => {
    const ca = await pebble.root();
    const before = await shown();
    const kept = new Agent({ keepAlive: true, maxSockets: 1, ca });
    const ask = (agent: Agent): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { host: `${HOST}:${ports.https}` };
        request({ host: "127.0.0.1", port: ports.https, servername: HOST, path: "/none", ca, agent, headers }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode ?? 0));
        })
          .on("error", reject)
          .end();
      });
    const stop = new AbortController();
    const serials = new Set<string>();
    let answers = 0;
    const asking = (async () => {
      while (!stop.signal.aborted) {
        serials.add(await shown());
        assert.equal(await ask(kept), 404);
        assert.equal(await ask(new Agent({ ca })), 404);
        answers += 1;
      }
    })();
    asking.catch(() => {});
    assert.equal(await ask(kept), 404);
    const next = { ...wanted, acme: { ...(wanted.acme as NonNullable<HostInputs["acme"]>), issue: 2 } };
    const changed = await host.update(directory, { inputs: wanted, outputs }, next, call);
    wanted = next;
    outputs = changed;
    const after = await shown();
    stop.abort();
    await asking;
    assert.notEqual(after, before);
    assert.deepEqual([...serials], [before, after]);
    assert.ok(answers > 20, `only ${answers} rounds`);
    assert.equal(new X509Certificate(outputs.certificatePem).serialNumber, after);
    kept.destroy();
  });

  it("leaves nothing behind when it is destroyed", async () => {
    await host.delete?.(directory, { inputs: wanted, outputs }, operation("Host"));
    // The process that created a folder leaves it to its successor; another one removes it.
    const { removeFolder, removeHost } = await import("../../../providers/local/host/remove.ts");
    await removeHost(directory, call);
    removeFolder(directory);
    assert.equal(existsSync(directory), false);
  });
});
