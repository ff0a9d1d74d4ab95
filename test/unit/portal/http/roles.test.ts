import assert from "node:assert/strict";
import type { Role } from "../../../../portal/service.ts";
import { startPortal, type TestPortal } from "./support.ts";

const ROLES: readonly Role[] = ["viewer", "requester", "approver", "admin"];

/** Who may call what, written down a second time: a route that is declared otherwise, or not listed, fails. */
const EXPECTED: Readonly<Record<string, string>> = {
  "GET /session": "viewer requester approver admin nobody",
  "GET /stacks": "viewer requester approver admin",
  "POST /stacks": "requester",
  "GET /stacks/{stack}": "viewer requester approver admin",
  "PUT /stacks/{stack}/four-eyes": "admin",
  "GET /stacks/{stack}/document": "viewer requester approver admin",
  "PUT /stacks/{stack}/document": "requester",
  "GET /stacks/{stack}/documents": "viewer requester approver admin",
  "GET /stacks/{stack}/documents/{version}": "viewer requester approver admin",
  "POST /stacks/{stack}/check": "viewer requester approver admin",
  "GET /stacks/{stack}/secrets": "viewer requester approver admin",
  "PUT /stacks/{stack}/secrets/{name}": "requester",
  "POST /stacks/{stack}/plans": "requester",
  "GET /stacks/{stack}/plans": "viewer requester approver admin",
  "GET /plans/{plan}": "viewer requester approver admin",
  "POST /plans/{plan}/approvals": "approver",
  "POST /plans/{plan}/apply": "requester approver",
  "POST /stacks/{stack}/operations": "requester approver",
  "GET /stacks/{stack}/operations": "viewer requester approver admin",
  "GET /operations/{operation}": "viewer requester approver admin",
  "POST /operations/{operation}/cancel": "requester approver admin",
  "GET /operations/{operation}/events": "viewer requester approver admin",
  "GET /stacks/{stack}/verify-runs": "viewer requester approver admin",
  "GET /verify-runs/{operation}": "viewer requester approver admin",
  "GET /stacks/{stack}/outputs": "viewer requester approver admin",
  "GET /stacks/{stack}/certificates": "viewer requester approver admin",
  "GET /audit": "admin",
};

const BODIES: Readonly<Record<string, unknown>> = {
  "POST /stacks": { name: "fresh", cloud: "local", document: "" },
  "PUT /stacks/{stack}/four-eyes": { on: true },
  "PUT /stacks/{stack}/document": { text: "" },
  "POST /stacks/{stack}/check": { text: "" },
  "PUT /stacks/{stack}/secrets/{name}": { value: "x" },
  "POST /stacks/{stack}/plans": { kind: "up" },
  "POST /plans/{plan}/approvals": { verdict: "approved", digest: "sha256:1" },
  "POST /stacks/{stack}/operations": { kind: "verify" },
};

describe("roles of the portal's routes", () => {
  let portal: TestPortal;
  let operation: string;
  before(async () => {
    portal = await startPortal();
    const started = await portal.fetch("/api/v1/stacks/shop-dev/operations", {
      as: ["requester"],
      method: "POST",
      json: { kind: "verify" },
    });
    operation = ((await started.json()) as { id: string }).id;
    portal.service.end(operation);
  });
  after(() => portal.close());

  const pathOf = (path: string) =>
    `/api/v1${path.replace("{stack}", "shop-dev").replace("{plan}", "plan-1").replace("{version}", "1").replace("{name}", "origin-token").replace("{operation}", operation)}`;
  async function status(call: string, as: readonly Role[] | undefined): Promise<number> {
    const [method = "", path = ""] = call.split(" ");
    if (call === "POST /stacks") portal.service.documentsOf.delete("fresh");
    const versions = portal.service.documentsOf.get("shop-dev")?.length ?? 0;
    const response = await portal.fetch(pathOf(path), {
      method,
      headers: { "if-match": `"${versions}"` },
      ...(as === undefined ? {} : { as }),
      ...(call in BODIES ? { json: BODIES[call] } : {}),
    });
    await response.body?.cancel();
    return response.status;
  }

  it("are all listed here", () => {
    assert.deepEqual(portal.app.routes.map(({ method, path }) => `${method} ${path}`).sort(), Object.keys(EXPECTED).sort());
  });

  it("guard everything that answers under /api", () => {
    const declared = new Set(portal.app.routes.map(({ method, path }) => `${method} /api/v1${path.replace(/\{(\w+)\}/g, ":$1")}`));
    const answering = portal.app.app.routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"));
    const undeclared = new Set(answering.map(({ method, path }) => `${method} ${path}`).filter((call) => !declared.has(call)));
    assert.deepEqual([...undeclared], ["GET /api/v1/openapi.json"]);
  });

  for (const [call, allowed] of Object.entries(EXPECTED)) {
    it(`${call}: ${allowed}`, async () => {
      const calls = portal.service.calls.length;
      assert.equal(await status(call, undefined), 401, "without signing in");
      for (const role of ROLES.filter((role) => !allowed.includes(role))) assert.equal(await status(call, [role]), 403, role);
      if (!allowed.includes("nobody")) assert.equal(await status(call, []), 403, "without a role");
      assert.equal(portal.service.calls.length, calls, "the service was asked");
      for (const role of ROLES.filter((role) => allowed.includes(role))) {
        const answered = await status(call, [role]);
        assert.ok(answered >= 200 && answered < 300, `${role}: ${answered}`);
      }
    });
  }

  it("add up: somebody with two roles may do what either may", async () => {
    assert.equal(await status("POST /plans/{plan}/approvals", ["viewer", "approver"]), 201);
    assert.equal(await status("POST /stacks/{stack}/plans", ["viewer", "approver"]), 403);
    assert.equal(await status("POST /stacks/{stack}/plans", ["requester", "approver"]), 201);
  });
});
