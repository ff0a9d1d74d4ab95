import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findPebble } from "../../../../tools/setup/pebble.ts";
import { TestAuthority } from "../../../support/live/certificates.ts";
import { freePorts } from "../../../support/live/ports.ts";
import { serveDns } from "./dns.ts";

/** Share of good nonces that Pebble refuses, in per cent. */
const NONCES_REFUSED = 25;

export interface PebbleOptions {
  readonly folder: string;
  /** Port it takes for the port 80 of every host. */
  readonly httpPort: number;
}

/** Let's Encrypt's test authority: real ACME over TLS, and it is deliberately awkward. Every host name leads it to this machine. */
export class Pebble {
  readonly directoryUrl: string;
  /** Root to trust when talking to it. */
  readonly caCertificate: string;
  readonly #options: PebbleOptions;
  readonly #management: number;
  readonly #dns: { port: number; close: () => void };
  #child: ChildProcess | undefined;
  #log = "";

  private constructor(options: PebbleOptions, ports: readonly number[], caCertificate: string, dns: { port: number; close: () => void }) {
    this.#options = options;
    this.directoryUrl = `https://127.0.0.1:${ports[0]}/dir`;
    this.#management = ports[1] ?? 0;
    this.caCertificate = caCertificate;
    this.#dns = dns;
  }

  static async start(options: PebbleOptions): Promise<Pebble> {
    const authority = await TestAuthority.create("Pebble's own TLS");
    const own = await authority.issue({ ipAddresses: ["127.0.0.1"] });
    const [acme = 0, management = 0] = await freePorts(2);
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(join(options.folder, "cert.pem"), own.chain);
    writeFileSync(join(options.folder, "key.pem"), own.privateKey);
    const pebble = {
      listenAddress: `127.0.0.1:${acme}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: "cert.pem",
      privateKey: "key.pem",
      httpPort: options.httpPort,
      tlsPort: 1,
      keyAlgorithm: "ecdsa",
      profiles: { default: { description: "90 days", validityPeriod: 7_776_000 } },
    };
    writeFileSync(join(options.folder, "pebble.json"), JSON.stringify({ pebble }));
    const started = new Pebble(options, [acme, management], authority.root, await serveDns());
    await started.begin();
    return started;
  }

  /** Begins with an empty memory: it knows no account and no certificate, and has another root. */
  async begin(): Promise<void> {
    const command = findPebble() ?? assert.fail("there is no Pebble");
    const environment = { PEBBLE_WFE_NONCEREJECT: String(NONCES_REFUSED), PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0" };
    this.#child = spawn(command, ["-config", "pebble.json", "-dnsserver", `127.0.0.1:${this.#dns.port}`], {
      cwd: this.#options.folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
    for (let tries = 0; ; tries += 1) {
      const answered = await this.root().then(
        () => true,
        () => false,
      );
      if (answered) return;
      assert.ok(tries < 400, `Pebble does not answer:\n${this.#log}`);
      await sleep(25);
    }
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.end();
    this.#dns.close();
  }

  /** Root of what it issues, PEM. */
  root(): Promise<string> {
    const ca = this.caCertificate;
    return new Promise((resolve, reject) => {
      const agent = new Agent({ ca });
      request({ host: "127.0.0.1", port: this.#management, path: "/roots/0", agent }, (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (chunk: string) => {
            text += chunk;
          })
          .on("end", () => resolve(text));
      })
        .on("error", reject)
        .end();
    });
  }

  log = (): string => this.#log;
}
