import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { type Authority, createAuthority, issueLeaf } from "../../../verify/credentials/certificates.ts";
import { HttpClient } from "../../../verify/wire/client.ts";
import type { KeyPair } from "../../../verify/wire/connect.ts";
import { freePorts } from "../../support/live/ports.ts";

const SHOP = join(import.meta.dirname, "../../../examples/shop");
const GATEWAY = "spiffe://shop/gateway";
const WITHIN_MS = 60_000;

describe("the shop's services renew their certificates while they serve", function () {
  this.timeout(2 * WITHIN_MS);
  const folder = mkdtempSync(join(tmpdir(), "shop-renewal-"));
  const services: Record<string, { process: ChildProcess; port: number }> = {};
  let first: Authority;
  let second: Authority;
  let caller: KeyPair;

  /** Writes what the gateway writes: one file after the other, each in one step. */
  async function writeFiles(authority: Authority, trusted: readonly Authority[]): Promise<void> {
    const pair = await issueLeaf(authority, { commonName: "service", dnsNames: ["localhost"], usages: ["server", "client"] });
    const files = { "tls.crt": pair.certificate, "tls.key": pair.privateKey, "tls-ca.crt": trusted.map((one) => one.certificate).join("") };
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, `.${name}`), content);
      renameSync(join(folder, `.${name}`), join(folder, name));
    }
  }

  before(async () => {
    [first, second] = await Promise.all([createAuthority("first"), createAuthority("second")]);
    await writeFiles(first, [first]);
    writeFileSync(join(folder, "jwks.json"), JSON.stringify({ keys: [] }));
    caller = await issueLeaf(first, { commonName: "gateway", uris: [GATEWAY] });
    const ports = await freePorts(4);
    for (const [index, name] of ["catalog", "orders", "inventory", "issuer"].entries()) {
      const env = {
        PATH: process.env.PATH,
        PORT: String(ports[index]),
        TLS_CERT_FILE: join(folder, "tls.crt"),
        TLS_KEY_FILE: join(folder, "tls.key"),
        TLS_CA_FILE: join(folder, "tls-ca.crt"),
        TLS_ALLOWED_CALLERS: GATEWAY,
        ISSUER_URL: "https://issuer.test",
        ISSUER_JWKS_FILE: join(folder, "jwks.json"),
      };
      const child = spawn(process.execPath, [join(SHOP, name, "main.ts")], { env, stdio: ["ignore", "ignore", "inherit"] });
      services[name] = { process: child, port: ports[index] as number };
    }
    for (const { port } of Object.values(services)) await until(async () => (await handshake(port, first)).authorized);
  });

  after(async () => {
    for (const { process: child } of Object.values(services)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** A finished handshake with what it showed. */
  function handshake(port: number, trusted: Authority): Promise<{ socket: TLSSocket; authorized: boolean }> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: "127.0.0.1",
        port,
        servername: "localhost",
        ca: trusted.certificate,
        cert: caller.certificate,
        key: caller.privateKey,
        rejectUnauthorized: false,
        ALPNProtocols: ["h2", "http/1.1"],
      });
      socket.once("error", reject).once("secureConnect", () => {
        resolve({ socket, authorized: socket.authorized });
        socket.destroy();
      });
    });
  }

  /** A client that trusts both authorities, as the gateway does while one replaces the other. */
  const clientOf = (name: string) =>
    new HttpClient({
      endpoint: { host: "127.0.0.1", port: services[name]?.port ?? 0 },
      serverName: "localhost",
      authority: "localhost",
      ca: first.certificate + second.certificate,
      clientCertificate: caller,
      headers: [],
      timeoutMs: WITHIN_MS,
      signal: undefined,
      onAnswer: () => {},
    });

  async function until(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + WITHIN_MS;
    while (!(await holds().catch(() => false))) {
      assert.ok(Date.now() < end, "waited in vain");
      await sleep(20);
    }
  }

  it("of another authority, with requests running, and none fails", async () => {
    const stopping = new AbortController();
    const asked = { catalog: "/products", issuer: "/.well-known/jwks.json" };
    const counts = new Map<string, number>();
    const requests = Object.entries(asked).map(async ([name, target]) => {
      while (!stopping.signal.aborted) {
        const client = clientOf(name);
        try {
          // Two over one connection: it outlives the change.
          for (let index = 0; index < 2; index++) assert.equal((await client.send({ method: "GET", target })).status, 200);
          counts.set(name, (counts.get(name) ?? 0) + 2);
        } finally {
          client.close();
        }
      }
    });
    const running = Promise.all(requests);
    running.catch(() => {});
    await until(async () => [...Object.keys(asked)].every((name) => (counts.get(name) ?? 0) > 10));

    await writeFiles(second, [second, first]);
    for (const { process: child } of Object.values(services)) child.kill("SIGHUP");
    for (const { port } of Object.values(services)) await until(async () => (await handshake(port, second)).authorized);
    const before = new Map(counts);
    await until(async () => [...Object.keys(asked)].every((name) => (counts.get(name) ?? 0) > (before.get(name) ?? 0) + 10));
    stopping.abort();
    await running;
    for (const { process: child } of Object.values(services)) assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
  });

  it("and accept callers of the authority that came", async () => {
    caller = await issueLeaf(second, { commonName: "gateway", uris: [GATEWAY] });
    for (const [name, target, status] of [
      ["catalog", "/products", 200],
      ["orders", "/orders", 401],
    ] as const) {
      const client = clientOf(name);
      assert.equal((await client.send({ method: "GET", target })).status, status, name);
      client.close();
    }
    // A gRPC server speaks first, and only to callers it has let in.
    const { certificate: cert, privateKey: key } = caller;
    const socket = connect({
      host: "127.0.0.1",
      port: services.inventory?.port,
      servername: "localhost",
      ca: second.certificate,
      cert,
      key,
      ALPNProtocols: ["h2"],
    });
    const [settings] = (await once(socket, "data")) as [Buffer];
    assert.equal(settings[3], 4, "a SETTINGS frame");
    socket.destroy();
  });

  it("and go on with what they have when the files are of no use", async () => {
    writeFileSync(join(folder, "tls.key"), "no key");
    for (const { process: child } of Object.values(services)) child.kill("SIGHUP");
    for (const { process: child, port } of Object.values(services)) {
      for (let index = 0; index < 5; index++) assert.equal((await handshake(port, second)).authorized, true);
      assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
    }
  });
});
