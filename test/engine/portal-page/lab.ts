import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePorts } from "../../support/live/ports.ts";
import { Documents, ROOT } from "../../unit/cli/support.ts";

/** What the portal prints when it is open. */
interface Opened {
  readonly url: string;
  readonly signIn: string;
}

/** A copy of the project without any stack, and `gateway portal` on it as a process of its own. Close it in `after`. */
export class PortalProject {
  readonly #project = new Documents();
  readonly #child: ChildProcess;
  readonly opened: Promise<Opened>;
  /** What it wrote for those who run it. */
  notes = "";

  constructor() {
    const command = this.#project.project();
    for (const part of ["providers", "Pulumi.yaml"]) cpSync(join(ROOT, part), join(this.#project.folder, part), { recursive: true });
    // Where documents of new stacks belong, and their services run.
    mkdirSync(join(this.#project.folder, "gateways"));
    const { DATABASE_URL: _, ...env } = process.env;
    this.#child = spawn(process.execPath, [command, "portal", "--port", "0", "--json"], {
      cwd: this.#project.folder,
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.notes += text;
    });
    this.opened = new Promise((resolve, reject) => {
      let text = "";
      this.#child.stdout?.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (text.trimEnd().endsWith("}")) resolve(JSON.parse(text) as Opened);
      });
      this.#child.once("error", reject);
      this.#child.once("close", (code) => reject(new Error(`gateway portal ended with ${code}: ${this.notes}`)));
    });
    this.opened.catch(() => {});
  }

  get folder(): string {
    return this.#project.folder;
  }

  /** Stops it as a service manager would, and removes the project. @returns its exit code */
  async close(): Promise<number | null> {
    const { exitCode } = this.#child;
    const code =
      exitCode ??
      (await new Promise<number | null>((resolve) => {
        this.#child.once("exit", resolve);
        this.#child.kill("SIGTERM");
      }));
    this.#project.close();
    return code;
  }
}

/** A document of a gateway on this machine whose backend and issuer start with it, on free ports. */
export async function localDocument(): Promise<string> {
  const [httpsPort = 0, httpPort = 0, adminPort = 0, orders = 0, issuer = 0] = await freePorts(5);
  const service = (name: string, port: number, env = {}) => ({
    command: ["node", join(ROOT, "examples", "shop", name, "main.ts")],
    port,
    onFileChange: "SIGHUP",
    env,
  });
  return stringify(
    {
      name: "lab",
      hostname: "lab.localhost",
      tls: { certificate: { source: "internal" } },
      jwt: {
        providers: {
          login: {
            issuer: `https://localhost:${issuer}`,
            audiences: ["lab"],
            jwksUri: `https://localhost:${issuer}/.well-known/jwks.json`,
            jwksTls: { trust: "internal" },
            scopes: ["orders.read"],
          },
        },
      },
      headers: { response: { set: { "x-content-type-options": "nosniff" } } },
      backends: { orders: { url: `https://localhost:${orders}`, tls: { clientCertificate: "internal", trust: "internal" } } },
      routes: {
        "echo-public": { path: "/echo/public/*", methods: ["GET", "POST"], backend: "orders", public: true },
        "echo-token": { path: "/echo/token/*", methods: ["GET"], backend: "orders", require: [{ jwt: "login", scopes: ["orders.read"] }] },
        "echo-mine": { path: "/echo/mine/*", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] },
      },
      local: {
        httpsPort,
        httpPort,
        adminPort,
        workers: 1,
        drainTime: "1s",
        issuer: { provider: "login" },
        services: { issuer: service("issuer", issuer), orders: service("orders", orders, { ECHO: "1" }) },
      },
    },
    { flowCollectionPadding: true },
  );
}
