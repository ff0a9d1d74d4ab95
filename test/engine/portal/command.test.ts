import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { AuditEntry, OperationSummary, Plan, StackSummary } from "../../../portal/service.ts";
import { Documents, ROOT } from "../../unit/cli/support.ts";
import { DOCUMENT, until } from "./support.ts";

const START_MS = 90_000;

interface Started {
  readonly url: string;
  readonly signIn: string | null;
  readonly token: string | null;
}

/** `gateway portal` as a process of its own. */
class PortalProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = "";
  stderr = "";

  constructor(command: string, cwd: string, args: readonly string[], environment: Record<string, string> = {}) {
    const { FORCE_COLOR: _, DATABASE_URL: __, ...env } = process.env;
    this.#child = spawn(process.execPath, [command, "portal", "--port", "0", ...args], {
      cwd,
      env: { ...env, PULUMI_CONFIG_PASSPHRASE: "for tests", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** What it says when it is open. */
  async open(): Promise<Started> {
    const deadline = Date.now() + START_MS;
    while (!this.stdout.trimEnd().endsWith("}")) {
      if (this.#child.exitCode !== null || Date.now() > deadline) assert.fail(`the portal does not open:\n${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return JSON.parse(this.stdout) as Started;
  }

  /** Ends it as a service manager does. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill("SIGTERM");
    return this.ended;
  }
}

describe("gateway portal", function () {
  this.timeout(180_000);
  const project = new Documents();
  let command: string;
  let portal: PortalProcess;
  let started: Started;
  before(async () => {
    command = project.project();
    for (const part of ["providers", "stacks", "gateways"]) cpSync(join(ROOT, part), join(project.folder, part), { recursive: true });
    portal = new PortalProcess(command, project.folder, ["--json"], { PULUMI_HOME: join(project.folder, "pulumi-home") });
    started = await portal.open();
  });
  after(async () => {
    await portal?.stop();
    project.close();
  });

  const call = (path: string, init: { method?: string; json?: unknown; headers?: Record<string, string> } = {}) =>
    fetch(new URL(path, started.url), {
      method: init.method ?? "GET",
      redirect: "manual",
      headers: {
        authorization: `Bearer ${started.token}`,
        ...(init.json === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
      ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) }),
    });
  const cookieOf = (response: Response) => (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
  let cookie: string;

  it("opens with the stacks of the checkout, for whoever reads the terminal", async () => {
    assert.match(started.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const { items } = (await (await call("/api/v1/stacks")).json()) as { items: StackSummary[] };
    assert.ok(items.some(({ name, cloud, health }) => name === "local" && cloud === "local" && health === "never deployed"));
    const signedIn = await fetch(started.signIn ?? "", { redirect: "manual" });
    assert.equal(signedIn.status, 303);
    cookie = cookieOf(signedIn);
    const page = await fetch(new URL("/", started.url), { headers: { cookie, accept: "text/html" } });
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<html lang="en"/);
  });

  it("keeps documents by their version, and plans once for two clicks", async () => {
    const made = await call("/api/v1/stacks", { method: "POST", json: { name: "mine", cloud: "aws", document: DOCUMENT } });
    assert.equal(made.status, 201, await made.clone().text());
    const read = await call("/api/v1/stacks/mine/document");
    const etag = read.headers.get("etag") ?? "";
    const put = (tag: string) =>
      call("/api/v1/stacks/mine/document", {
        method: "PUT",
        json: { text: DOCUMENT.replace("orders.shop", "orders2.shop") },
        headers: { "if-match": tag },
      });
    assert.equal((await put(etag)).status, 200);
    assert.equal((await put(etag)).status, 412);
    const bad = await call("/api/v1/stacks/mine/check", { method: "POST", json: { text: "name: mine\nroutes: { a: { path: 7 } }\n" } });
    const { faults } = (await bad.json()) as { faults: { path: string; line?: number }[] };
    assert.ok(faults.length > 1 && faults.some(({ line }) => line === 2), JSON.stringify(faults));

    const click = () =>
      call("/api/v1/stacks/mine/plans", { method: "POST", json: { kind: "up" }, headers: { "idempotency-key": "one-click" } });
    const answers = await Promise.all([click(), click()]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
    const again = await click();
    const endless = await call("/api/v1/stacks/mine/plans", {
      method: "POST",
      json: { kind: "up" },
      headers: { "idempotency-key": "k".repeat(9000) },
    });
    assert.equal(endless.status, 422);
    assert.equal(again.headers.get("idempotent-replayed"), "true");
    const { items } = (await (await call("/api/v1/stacks/mine/plans")).json()) as { items: Plan[] };
    assert.deepEqual(
      items.map(({ id }) => id),
      [((await again.json()) as Plan).id],
    );
  });

  it("streams an operation to its end, and goes on where a reader was", async () => {
    const started = await call("/api/v1/stacks/mine/operations", { method: "POST", json: { kind: "verify" } });
    assert.equal(started.status, 202);
    const { id } = (await started.json()) as OperationSummary;
    const whole = await (await call(`/api/v1/operations/${id}/events`)).text();
    const ids = [...whole.matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number));
    assert.ok(ids.length >= 3);
    assert.deepEqual(
      ids,
      ids.map((_, index) => index + 1),
    );
    const rest = await (await call(`/api/v1/operations/${id}/events`, { headers: { "last-event-id": "2" } })).text();
    assert.equal(rest.slice(rest.indexOf("id:")), whole.slice(whole.indexOf("id: 3")));
    assert.equal((await call(`/api/v1/operations/${id}/events`, { headers: { "last-event-id": String(ids.length) } })).status, 204);
    const ended = (await (await call(`/api/v1/operations/${id}`)).json()) as OperationSummary;
    assert.deepEqual([ended.state, ended.error?.code], ["failed", "no-stack"]);
  });

  it("writes down who did what", async () => {
    const { items } = (await (await call("/api/v1/audit")).json()) as { items: AuditEntry[] };
    const mine = items.filter(({ actor }) => actor === "local");
    assert.ok(mine.every(({ from }) => from === "127.0.0.1"));
    assert.deepEqual(
      mine.map(({ action, outcome }) => `${action} ${outcome}`).filter((deed) => !deed.startsWith("operation.")),
      ["plan.request done", "document.save refused", "document.save done", "stack.create done"],
    );
  });

  it("has its database for itself", async () => {
    const second = new PortalProcess(command, project.folder, ["--json"]);
    assert.equal(await second.ended, 1);
    const { error } = JSON.parse(second.stdout) as { error: { code: string; message: string; remedy: string } };
    assert.equal(error.code, "locked");
    assert.match(error.message, /^The portal's database in .*portal is in use by process \d+ on /);
    assert.match(error.remedy, /DATABASE_URL/);
  });

  it("stops when it is told, ending streams, and still knows everything when it is opened again", async () => {
    const waiting = await call("/api/v1/stacks/mine/operations", { method: "POST", json: { kind: "verify" } });
    const { id } = (await waiting.json()) as OperationSummary;
    const stream = await call(`/api/v1/operations/${id}/events`);
    const rest = stream.text();
    assert.equal(await portal.stop(), 0, portal.stderr);
    await rest;
    assert.match(portal.stderr, /^To sign in again: http/m);
    assert.match(portal.stderr, /^Not installed yet: aws \d+\.\d+\.\d+, /m);
    assert.match(portal.stderr, /^ {2}pulumi plugin install resource aws \d+\.\d+\.\d+$/m);
    assert.match(portal.stderr, /Stopping: /);

    portal = new PortalProcess(command, project.folder, ["--json"]);
    const before = started.token;
    started = await portal.open();
    assert.notEqual(started.token, before);
    // The session is in the database; the host of the cookie is another port only in this test.
    const session = await fetch(new URL("/api/v1/session", started.url), { headers: { cookie } });
    assert.equal(session.status, 200);
    const { items } = (await (await call("/api/v1/stacks/mine/plans")).json()) as { items: Plan[] };
    assert.equal(items.length, 1);
  });

  describe("refuses to open", () => {
    const refused = async (args: readonly string[], environment: Record<string, string> = {}) => {
      const process = new PortalProcess(command, project.folder, args, environment);
      return { code: await process.ended, text: process.stderr };
    };

    it("to others without OpenID Connect and TLS", async () => {
      const { code, text } = await refused(["--host", "0.0.0.0"]);
      assert.equal(code, 2);
      assert.equal(
        text,
        "error: --host 0.0.0.0 can be reached from other machines, which takes OpenID Connect (GATEWAY_PORTAL_OIDC) and TLS (--tls-certificate and --tls-key)\nWhat to do: set what is missing, or listen on 127.0.0.1.\n",
      );
    });

    it("on a port that is in use, and with a certificate that is none", async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
      const { port } = taken.address() as { port: number };
      try {
        const inUse = await refused(["--data", "other", "--port", String(port)]);
        assert.equal(inUse.code, 2);
        assert.match(inUse.text, new RegExp(`^error: Port ${port} on 127\\.0\\.0\\.1 is in use\\n`, "m"));
      } finally {
        taken.close();
      }
      const tls = await refused(["--data", "other", "--tls-certificate", "package.json", "--tls-key", "package.json"]);
      assert.equal(tls.code, 2);
      assert.match(tls.text, /^error: --tls-certificate and --tls-key do not make a TLS server: /m);
    });
  });

  it("without its database answers that it is unavailable, until it is told to stop", async () => {
    const process = new PortalProcess(command, project.folder, [], { DATABASE_URL: "postgres://portal@127.0.0.1:1/portal" });
    const said = /^The portal's database does not answer: .* answers 503 on (http:\/\/127\.0\.0\.1:\d+), and tries again by itself\.$/m;
    await until(() => said.test(process.stderr), "it does not say that it waits");
    const answer = await fetch(new URL("/api/v1/stacks", said.exec(process.stderr)?.[1]));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(((await answer.json()) as { detail: string }).detail, "The portal's database does not answer");
    assert.equal(await process.stop(), 0, process.stderr);
    assert.doesNotMatch(process.stderr, /\bat .*\.ts:\d+|ECONNREFUSED/);
  });
});
