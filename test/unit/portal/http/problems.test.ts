import assert from "node:assert/strict";
import { connect } from "node:net";
import { Refusal } from "../../../../portal/service.ts";
import { ALL, startPortal, type TestPortal } from "./support.ts";

interface Body {
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly remedy?: string;
  readonly faults?: readonly { readonly path: string; readonly message: string }[];
}

describe("bad requests to the portal", () => {
  let portal: TestPortal;
  beforeEach(async () => {
    portal = await startPortal();
  });
  afterEach(() => portal.close());

  async function problem(
    path: string,
    init: Parameters<TestPortal["fetch"]>[1] = ALL,
  ): Promise<{ status: number; headers: Headers; body: Body }> {
    const response = await portal.fetch(path, init);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    const text = await response.text();
    assert.doesNotMatch(text, /\bat .*\.(ts|js|mjs):\d+/, "a stack trace");
    const body = JSON.parse(text) as Body;
    assert.equal(body.status, response.status);
    return { status: response.status, headers: response.headers, body };
  }
  const raw = (body: NonNullable<RequestInit["body"]>, type = "application/json"): Parameters<TestPortal["fetch"]>[1] => ({
    ...ALL,
    method: "POST",
    body,
    headers: { "content-type": type },
  });

  it("an unknown path is 404, a known one with another method 405 with Allow", async () => {
    assert.equal((await problem("/api/v1/nothing")).status, 404);
    assert.equal((await problem("/nothing", {})).status, 404);
    const wrong = await problem("/api/v1/stacks/shop-dev", { ...ALL, method: "DELETE" });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get("allow"), "GET, HEAD");
    assert.equal(wrong.body.detail, "/api/v1/stacks/shop-dev takes GET, HEAD.");
  });

  it("broken JSON is 400, wrong values 422 with their places, another type 415", async () => {
    const broken = await problem("/api/v1/stacks", raw('{"name": '));
    assert.equal(broken.status, 400);
    assert.equal(broken.body.detail, "The request's body is not the JSON its Content-Type says it is.");
    const wrong = await problem("/api/v1/stacks", {
      ...ALL,
      method: "POST",
      json: { name: "../x", cloud: "moon", document: 7, more: true },
    });
    assert.equal(wrong.status, 422);
    assert.deepEqual(
      wrong.body.faults?.map(({ path }) => path),
      ["body.name", "body.cloud", "body.document", "body"],
    );
    assert.equal((await problem("/api/v1/stacks", raw("name=x", "application/x-www-form-urlencoded"))).status, 415);
    assert.equal((await problem("/api/v1/stacks", { ...ALL, method: "POST" })).status, 415);
    assert.equal((await problem("/api/v1/stacks", raw("[]"))).status, 422);
    assert.equal((await problem("/api/v1/stacks", raw("null"))).status, 422);
    assert.equal((await problem("/api/v1/stacks", raw(`${"[".repeat(50_000)}${"]".repeat(50_000)}`))).status, 422);
    assert.equal((await problem("/api/v1/stacks", raw(new Uint8Array([0xff, 0xfe, 0x00])))).status, 400);
    assert.equal((await problem("/api/v1/stacks", raw('{"__proto__": {"name": "x"}}'))).status, 422);
    assert.deepEqual(portal.service.calls, []);
  });

  it("a document of 10 MB is 413, whether its length is told or not", async () => {
    const huge = "x".repeat(10 << 20);
    const told = await problem("/api/v1/stacks/shop-dev/document", {
      ...ALL,
      method: "PUT",
      json: { text: huge },
      headers: { "if-match": '"1"' },
    });
    assert.equal(told.status, 413);
    assert.equal(told.body.detail, "The request's body is larger than 1048576 bytes.");
    const streamed = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 160; part += 1) controller.enqueue(new TextEncoder().encode("x".repeat(1 << 16)));
        controller.close();
      },
    });
    const untold = await problem("/api/v1/stacks/shop-dev/check", { ...raw(streamed as never), duplex: "half" } as never);
    assert.equal(untold.status, 413);
    assert.deepEqual(portal.service.calls, []);
    // The portal goes on.
    assert.equal((await portal.fetch("/api/v1/stacks", ALL)).status, 200);
  });

  it("names that climb out of their folder name nothing", async () => {
    for (const name of [
      "..",
      "%2e%2e",
      "..%2f..%2fetc%2fpasswd",
      "a%2fb",
      "a%00b",
      "a..b",
      "%c0%ae%c0%ae",
      "a%0d%0aSet-Cookie:x=y",
      "x".repeat(500),
    ]) {
      const { status, body } = await problem(`/api/v1/stacks/${name}/outputs`);
      assert.equal(status, 404, `${name}: ${body.detail}`);
    }
    for (const id of ["..%2f..", "a.b", "'or'1'='1"]) assert.equal((await problem(`/api/v1/plans/${encodeURIComponent(id)}`)).status, 404);
    assert.deepEqual(portal.service.calls, []);
  });

  it("an unknown stack, plan or operation is 404", async () => {
    for (const path of ["stacks/none", "stacks/none/document", "stacks/none/plans", "plans/none", "operations/none", "verify-runs/none"])
      assert.equal((await problem(`/api/v1/${path}`)).status, 404, path);
  });

  it("pages are asked for with numbers in their range", async () => {
    for (const query of ["limit=0", "limit=201", "limit=ten", "limit=1e2", "after=", "limt=5"]) {
      const { status, body } = await problem(`/api/v1/stacks?${query}`);
      assert.equal(status, 422, query);
      assert.match(body.detail, /^query(\.limit|\.after)?: /);
    }
  });

  it("a locked stack is 409 and says who holds it", async () => {
    portal.service.failure = new Refusal(
      "locked",
      'Stack "shop-dev" is locked by anna on build-7 since 12:00',
      "wait, or ask an administrator to unlock it",
    );
    const { status, body } = await problem("/api/v1/plans/plan-1/apply", { ...ALL, method: "POST" });
    assert.equal(status, 409);
    assert.deepEqual(
      [body.type, body.detail, body.remedy],
      [
        "urn:secure-gateway:problem:locked",
        'Stack "shop-dev" is locked by anna on build-7 since 12:00',
        "wait, or ask an administrator to unlock it",
      ],
    );
  });

  it("every refusal of the service has its status", async () => {
    const statuses = {
      "not found": 404,
      forbidden: 403,
      invalid: 422,
      conflict: 409,
      stale: 409,
      locked: 409,
      "too large": 413,
      unavailable: 503,
    } as const;
    for (const [code, status] of Object.entries(statuses)) {
      const faults = [{ path: "a", message: "b", remedy: "c" }];
      portal.service.failure = new Refusal(code as keyof typeof statuses, "why", "what to do", faults);
      const answer = await problem("/api/v1/stacks");
      assert.equal(answer.status, status, code);
      assert.deepEqual([answer.body.detail, answer.body.remedy, answer.body.faults], ["why", "what to do", faults]);
      assert.equal(answer.headers.get("retry-after"), code === "unavailable" ? "5" : null);
    }
  });

  it("a database that is away is 503, for the service and for sessions, and only the log says more", async () => {
    portal.service.failure = Object.assign(new Error("connect ECONNREFUSED 10.1.2.3:5432"), { code: "ECONNREFUSED" });
    const away = await problem("/api/v1/stacks");
    assert.equal(away.status, 503);
    assert.equal(away.headers.get("retry-after"), "5");
    assert.equal(away.body.detail, "The portal's database does not answer");
    portal.service.failure = undefined;
    portal.sessions.failure = Object.assign(new Error("terminating connection due to administrator command"), { code: "57P01" });
    const session = await problem("/api/v1/stacks", { headers: { cookie: `__Host-portal-session=${"a".repeat(43)}` } });
    assert.equal(session.status, 503);
    assert.equal(portal.log.length, 2);
    assert.match(portal.log.join(), /10\.1\.2\.3/);
    assert.equal((await portal.fetch("/healthz")).status, 200);
  });

  it("an error nobody foresaw is 500 with a number that the log has too", async () => {
    portal.service.failure = new Error("password hunter2 is wrong");
    const { status, body, headers } = await problem("/api/v1/stacks");
    assert.equal(status, 500);
    assert.equal(body.detail, "The portal failed to answer.");
    assert.ok(!JSON.stringify(body).includes("hunter2"));
    const line = JSON.parse(portal.log[0] ?? "") as { requestId: string; error: string; stack: string };
    assert.equal(line.requestId, headers.get("x-request-id"));
    assert.equal((body as unknown as { instance: string }).instance, `urn:uuid:${line.requestId}`);
    assert.match(line.error, /hunter2/);
    assert.match(line.stack, /problems\.test\.ts/);
  });

  it("HTML in fields and paths comes back as text of JSON, or escaped in a page", async () => {
    const evil = "<script>alert(1)</script>";
    const checked = await portal.fetch("/api/v1/stacks/shop-dev/check", { ...ALL, method: "POST", json: { text: `fault ${evil}` } });
    assert.equal(checked.headers.get("content-type"), "application/json");
    assert.equal(checked.headers.get("x-content-type-options"), "nosniff");
    const page = await portal.fetch(`/${encodeURIComponent(evil)}`, { headers: { accept: "text/html" } });
    assert.equal(page.status, 404);
    const text = await page.text();
    assert.match(text, /^<!doctype html>/);
    assert.ok(!text.includes("<script"), text);
  });

  it("what is not HTTP is answered as HTTP and closed", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(portal.url).port), "127.0.0.1", () => socket.write("GARBAGE\r\n\r\n"));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request/);
  });
});
