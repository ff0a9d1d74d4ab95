import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { get } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { rotate } from "../../../automation/rotation/rotate.ts";
import type { Rotation } from "../../../automation/rotation/steps.ts";
import { readStackFile, settingsOf } from "../../../automation/stack-file.ts";
import type { GatewayAddress } from "../../support/live/client.ts";
import { eventually, Lab, type LabGateway, program } from "./support/lab.ts";
import { Load } from "./support/load.ts";

const PER_SECOND = 100;
/** On a busy machine an engine takes its time until it is where a rotation is to be killed. */
const WITHIN_MS = 120_000;
const INTERNAL = { authority: { intermediate: {} } };

describe("rotations under load, each killed in the middle and resumed", function () {
  this.timeout(2 * WITHIN_MS);
  let lab: Lab;
  let gateway: LabGateway;
  let at: GatewayAddress;
  let load: Load;
  let handshakes: Handshakes;
  let calls: ServiceCalls;

  before(async () => {
    lab = await Lab.open();
    gateway = await lab.gateway("one");
    gateway.drainTime = "4s";
    await gateway.up({ internal: INTERNAL });
    const { ports, directory } = gateway;
    // Clients trust what is handed out, and hear of it when it changes.
    at = {
      hostname: "lab.localhost",
      address: "127.0.0.1",
      port: ports.https,
      get ca() {
        return readFileSync(join(directory, "authority.pem"), "utf8");
      },
    };
    load = new Load(at, "/products", PER_SECOND);
    handshakes = new Handshakes(at);
    calls = new ServiceCalls(gateway);
  });
  after(async () => {
    handshakes?.stop();
    calls?.stop();
    await load?.stop();
    await lab.close();
  });

  /** Begins a rotation in another process and kills that when it has come so far; then takes the rotation to its end. */
  async function killedAndResumed(what: Rotation, killAt: (child: ChildProcess) => Promise<unknown>): Promise<void> {
    const script = join(import.meta.dirname, "support", "rotating.ts");
    const child = spawn(process.execPath, [script, lab.project.root, gateway.stack, what], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    try {
      await Promise.race([killAt(child), ended.then(([code]) => assert.fail(`the rotation ended with ${code} before it was killed`))]);
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
    assert.equal(existsSync(record()), true, "the rotation is on record");
    const steps: number[] = [];
    const result = await rotate({
      project: lab.project,
      stack: gateway.stack,
      what,
      engine: lab.engine,
      program,
      clientsReady: true,
      onStep: (number) => steps.push(number),
    });
    assert.equal(result.resumed, true);
    assert.equal(result.done, result.steps.length);
    assert.ok(steps.length >= 1, "the step that was broken off is taken again");
    assert.equal(existsSync(record()), false);
  }

  const record = () => join(lab.project.privateFolder, "rotations", `${gateway.stack}.json`);
  const said = (child: ChildProcess, line: string) =>
    new Promise<void>((resolve) => {
      let text = "";
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.includes(`${line}\n`)) resolve();
      });
    });
  const changed = (path: string) => {
    const before = statSync(join(gateway.directory, path)).mtimeMs;
    return eventually(`another ${path}`, () => (statSync(join(gateway.directory, path)).mtimeMs === before ? undefined : true), WITHIN_MS);
  };
  const overlay = () =>
    (settingsOf(lab.project, readStackFile(lab.project, gateway.stack)).overlay as { internal?: unknown } | undefined)?.internal;

  it("the leaves: other certificates under the same keys, of the same authority", async () => {
    const before = await shownBoth();
    await killedAndResumed("leaf", async (child) => {
      await said(child, "step 1");
      await eventually("a provider", () => gateway.providerProcess(), WITHIN_MS);
    });
    const after = await shownBoth();
    for (const side of ["front", "service"] as const) {
      assert.notEqual(after[side].leaf, before[side].leaf, side);
      assert.equal(after[side].key, before[side].key, side);
      assert.equal(after[side].intermediate, before[side].intermediate, side);
    }
    assert.deepEqual(overlay(), { certificates: { generation: 2 } });
  });

  it("the keys", async () => {
    const before = await shownBoth();
    await killedAndResumed("key", () => changed("config/secrets/front.json"));
    const after = await shownBoth();
    for (const side of ["front", "service"] as const) {
      assert.notEqual(after[side].key, before[side].key, side);
      assert.equal(after[side].intermediate, before[side].intermediate, side);
    }
  });

  it("the intermediate, which is always served", async () => {
    const before = await shownBoth();
    await killedAndResumed("intermediate", () => changed("services/catalog/tls.crt"));
    const after = await shownBoth();
    for (const side of ["front", "service"] as const) {
      assert.notEqual(after[side].intermediate, before[side].intermediate, side);
      assert.equal(after[side].root, before[side].root, side);
      assert.equal(after[side].key, before[side].key, side);
    }
  });

  it("the root: announced, then signing, then alone", async () => {
    const before = await shownBoth();
    await killedAndResumed("root", async (child) => {
      await said(child, "step 2");
      await changed("services/catalog/tls.crt");
    });
    const after = await shownBoth();
    for (const side of ["front", "service"] as const) {
      assert.notEqual(after[side].root, before[side].root, side);
      assert.notEqual(after[side].leaf, before[side].leaf, side);
    }
    assert.equal(at.ca?.match(/BEGIN CERTIFICATE/g)?.length, 1);
    assert.deepEqual(overlay(), {
      certificates: { generation: 2, keyGeneration: 2 },
      authority: { intermediate: { generation: 2 }, generation: 2, rollover: "finish" },
    });
  });

  it("lost no request and failed no handshake on either side", async () => {
    await sleep(500);
    handshakes.stop();
    calls.stop();
    const report = await load.stop();
    assert.deepEqual([report.failed, report.failures], [0, []]);
    assert.ok(report.sent > PER_SECOND * 5, `only ${report.sent} requests`);
    assert.deepEqual(handshakes.failures, []);
    assert.ok(handshakes.done > 100, `only ${handshakes.done} handshakes`);
    assert.deepEqual(calls.failures, []);
    assert.ok(calls.done > 100, `only ${calls.done} calls`);
    const counters = await tlsCounters();
    assert.ok((counters.envoy_listener_ssl_handshake ?? 0) > 100);
    assert.ok((counters.envoy_cluster_ssl_handshake ?? 0) > 4, "every rotation makes the gateway connect to the service anew");
    const failed = Object.entries(counters).filter(([name, value]) => /fail|error/.test(name) && value > 0);
    assert.deepEqual(failed, []);
  });

  /** What both sides show now: the gateway to clients, the service to the gateway. */
  async function shownBoth() {
    const service = join(gateway.directory, "services", "catalog");
    const pair = { cert: readFileSync(join(service, "tls.crt")), key: readFileSync(join(service, "tls.key")) };
    return {
      front: await shown({ port: gateway.ports.https, servername: "lab.localhost", ca: at.ca }),
      service: await shown({ port: gateway.ports.service, servername: "localhost", ca: at.ca, ...pair }),
    };
  }

  /** Envoy's counters of TLS and of connections to backends that failed, added up by name. */
  async function tlsCounters(): Promise<Record<string, number>> {
    const text = await new Promise<string>((resolve, reject) => {
      get({ host: "127.0.0.1", port: gateway.ports.admin, path: "/metrics", headers: { host: "localhost" } }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve(body));
      }).on("error", reject);
    });
    const sums: Record<string, number> = {};
    for (const [, name = "", value] of text.matchAll(
      /^(envoy_(?:listener|cluster)_ssl_\w+|envoy_cluster_upstream_cx_connect_fail)\{[^}]*\} (\d+)$/gm,
    ))
      sums[name] = (sums[name] ?? 0) + Number(value);
    return sums;
  }
});

interface Shown {
  readonly leaf: string;
  readonly key: string;
  readonly intermediate: string;
  readonly root: string;
}

/** The chain shown to a client that verifies it: leaf, intermediate, and the root it trusts. */
function shown(options: { port: number; servername: string; ca: string | undefined; cert?: Buffer; key?: Buffer }): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: "127.0.0.1", ...options }, () => {
      const leaf = socket.getPeerCertificate(true);
      const above = ({ issuerCertificate }: DetailedPeerCertificate) => issuerCertificate;
      const intermediate = above(leaf);
      const { publicKey } = new X509Certificate(leaf.raw);
      resolve({
        leaf: leaf.serialNumber,
        key: publicKey.export({ type: "spki", format: "pem" }).toString(),
        intermediate: intermediate.serialNumber,
        root: above(intermediate).serialNumber,
      });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** What the gateway's agent has written for Envoy. */
function material(directory: string) {
  const secret = (name: string) => JSON.parse(readFileSync(join(directory, "config", "secrets", `${name}.json`), "utf8")).resources[0];
  const { certificate_chain, private_key } = secret("gateway").tls_certificate;
  const ca: string = secret("authority").validation_context.trusted_ca.inline_string;
  return { ca, cert: certificate_chain.inline_string as string, key: private_key.inline_string as string };
}

/**
 * Calls to a service as the gateway makes them, each over a connection of its own: with the certificate that Envoy has at that moment, and trust in what Envoy
 * trusts. Envoy itself keeps its connections, so that a gap in the trust might pass unseen.
 */
class ServiceCalls {
  readonly failures: string[] = [];
  done = 0;
  readonly #timer: NodeJS.Timeout;

  constructor({ directory, ports }: LabGateway) {
    this.#timer = setInterval(() => {
      const from = {
        host: "127.0.0.1",
        port: ports.service,
        servername: "localhost",
        path: "/products",
        agent: false,
        ...material(directory),
      };
      request(from, (response) => {
        response.resume();
        if (response.statusCode === 200) this.done += 1;
        else this.failures.push(`status ${response.statusCode}`);
      })
        .on("error", (error) => this.failures.push(error.message))
        .end();
    }, 50);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Clients that come and go: one TLS handshake after the other. */
class Handshakes {
  readonly failures: string[] = [];
  done = 0;
  readonly #gateway: GatewayAddress;
  readonly #timer: NodeJS.Timeout;

  constructor(gateway: GatewayAddress) {
    this.#gateway = gateway;
    this.#timer = setInterval(() => this.#shake(), 50);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #shake(): void {
    const { address, port, hostname, ca } = this.#gateway;
    const socket = connect({ host: address, port, servername: hostname, ca }, () => {
      this.done += 1;
      socket.end();
    });
    socket.on("error", (error) => this.failures.push(error.message));
  }
}
