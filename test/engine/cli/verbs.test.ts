import assert from "node:assert/strict";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePorts } from "../../support/live/ports.ts";
import { Documents, gateway, ROOT } from "../../unit/cli/support.ts";

/** A copy of the project with a stack on this machine, worked with as people do: through the command, as processes. */
describe("the gateway command on a stack of this machine", function () {
  this.timeout(150_000);
  const project = new Documents();
  let command: string;
  let url: string;
  const run = (line: string, input = "") => gateway(line.split(" "), project.folder, { command, input, path: process.env.PATH ?? "" });
  const answer = async (line: string, input?: string) => {
    const { code, stdout, stderr } = await run(`${line} --json`, input);
    assert.equal(code, 0, `${line}:\n${stdout}${stderr}`);
    return JSON.parse(stdout);
  };

  before(async () => {
    command = project.project();
    cpSync(join(ROOT, "providers"), join(project.folder, "providers"), { recursive: true });
    cpSync(join(ROOT, "Pulumi.yaml"), join(project.folder, "Pulumi.yaml"));
    const [httpsPort = 0, httpPort = 0, adminPort = 0, backend = 0, issuer = 0] = await freePorts(5);
    url = `https://lab.localhost:${httpsPort}`;
    const services = { issuer: { command: ["node", join(ROOT, "examples", "shop", "issuer", "main.ts")], port: issuer } };
    const document = {
      name: "lab",
      hostname: "lab.localhost",
      tls: { certificate: { source: "internal" } },
      jwt: {
        providers: {
          login: {
            issuer: "https://login.example.com",
            audiences: ["lab"],
            jwksUri: `https://localhost:${issuer}/.well-known/jwks.json`,
            jwksTls: { trust: "internal" },
            scopes: ["read"],
          },
        },
      },
      plans: { gold: { rateLimit: { requests: 10, per: "second" } } },
      consumers: { app: { plan: "gold" } },
      backends: { orders: { url: `https://localhost:${backend}` } },
      routes: {
        health: { path: "/health", methods: ["GET"], backend: "orders", public: true },
        orders: { path: "/orders", methods: ["GET"], backend: "orders", require: [{ jwt: "login", scopes: ["read"] }] },
        feed: { path: "/feed", methods: ["GET"], backend: "orders", require: [{ apiKey: true }] },
      },
      local: { httpsPort, httpPort, adminPort, workers: 1, drainTime: "1s", issuer: { provider: "login" }, services },
    };
    project.write("gateways/lab.yaml", stringify(document));
    project.write(
      "stacks/Pulumi.lab.yaml",
      stringify({ config: { "secure-gateway:cloud": "local", "secure-gateway:document": "gateways/lab.yaml" } }),
    );
  });
  after(async () => {
    if (existsSync(join(project.folder, ".gateway", "lab"))) await run("destroy -s lab");
    project.close();
  });

  it("previews and brings up, and changes nothing the second time", async () => {
    const preview = await answer("preview -s lab");
    assert.deepEqual([preview.ok, preview.stack, preview.outputs], [true, "lab", undefined]);
    const up = await answer("up -s lab -m first");
    assert.deepEqual(up.changes, preview.changes);
    assert.equal(up.outputs.url, url);
    const again = await run("up -s lab");
    assert.equal(again.code, 0);
    assert.match(again.stdout, /^✓ lab is up: \d+ unchanged in [\d.]+ s\n {2}url +https:\/\/lab\.localhost:/);
    assert.ok(!`${again.stdout}${again.stderr}`.includes("\u001b"), "no colours without a terminal");
  });

  it("answers with outputs whose secrets are masked until they are asked for", async () => {
    const masked = await answer("outputs -s lab");
    assert.deepEqual([masked.url, masked.consumers], [url, "[secret]"]);
    const shown = await answer("outputs consumers -s lab --show-secrets");
    assert.match(shown.app, /^[\w-]{30,}$/);
    const { code, stderr } = await run("outputs nothing -s lab");
    assert.deepEqual([code, stderr.split("\n")[0]], [2, 'error: there is no output "nothing"']);
  });

  it("signs tokens with the stack's issuer, and only with scopes it has", async () => {
    const { token, scopes } = await answer("token -s lab --scope read --lifetime 60");
    const payload = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
    assert.deepEqual([payload.iss, payload.scope, payload.exp - payload.iat, scopes], ["https://login.example.com", "read", 60, ["read"]]);
    const { code, stderr } = await run("token -s lab --scope write");
    assert.deepEqual([code, stderr], [2, "error: --scope write: login has no such scope\nWhat to do: choose of read.\n"]);
  });

  it("lists certificates and history", async () => {
    const { ok, certificates } = await answer("certs -s lab");
    assert.equal(ok, true);
    const front = certificates.find(({ names }: { names: string[] }) => names.includes("DNS:lab.localhost"));
    assert.deepEqual([front.state, front.renewal.by, front.neededBy.length > 0], ["valid", "up", true]);
    const early = await run("certs -s lab --warn-days 100");
    assert.deepEqual([early.code, early.stderr], [1, ""]);
    assert.match(
      early.stdout,
      /^✗ \d of \d certificates expired or about to: run `npx gateway up -s lab`, which renews what the stack issues itself$/m,
    );
    const { code: wrong, stderr } = await run("certs -s lab --warn-days soon");
    assert.deepEqual([wrong, stderr], [2, 'error: --warn-days is "soon"\nWhat to do: give 0 to 3650 days.\n']);
    const history = await answer("history -s lab");
    assert.deepEqual(history.map(({ kind, result, message }: Record<string, string>) => [kind, result, message]).at(-1), [
      "update",
      "succeeded",
      "first",
    ]);
  });

  it("proves the gateway, and says no when something is not as declared", async () => {
    const proven = await answer("verify -s lab --only hsts.*");
    assert.deepEqual([proven.url, proven.failed], [url, 0]);
    assert.ok(proven.passed > 0);
    for (const { id, control, result, detail } of proven.probes) assert.ok(id && control && result && typeof detail === "string");
    const { code, stdout } = await run("verify -s lab --only route.reached@health --json");
    assert.deepEqual([code, JSON.parse(stdout).failed], [1, 1], "nothing listens behind the gateway");
  });

  it("refreshes and destroys", async () => {
    assert.equal((await answer("refresh -s lab")).ok, true);
    assert.equal((await answer("destroy -s lab")).ok, true);
    assert.ok(!existsSync(join(project.folder, ".gateway", "lab")), "nothing is left");
    const { code, stderr } = await run("verify -s lab");
    assert.deepEqual([code, stderr.split("\n")[0]], [1, 'error: Stack "lab" has no gateway']);
  });
});
