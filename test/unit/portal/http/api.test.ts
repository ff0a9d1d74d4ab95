import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { ALL, startPortal, type TestPortal } from "./support.ts";

describe("the portal's API", () => {
  let portal: TestPortal;
  before(async () => {
    portal = await startPortal();
  });
  after(() => portal.close());

  const get = async (path: string, init: Parameters<TestPortal["fetch"]>[1] = ALL) => {
    const response = await portal.fetch(path, init);
    return { response, body: (await response.json()) as Record<string, unknown> };
  };
  const post = (path: string, json?: unknown, headers: Record<string, string> = {}) =>
    get(path, { ...ALL, method: "POST", headers, ...(json === undefined ? {} : { json }) });

  it("is described by an OpenAPI 3.1 document that a validator accepts", async () => {
    const { response, body } = await get("/api/v1/openapi.json", {});
    assert.equal(response.headers.get("content-type"), "application/json");
    const { valid, errors } = await new Validator().validate(body);
    assert.ok(valid, JSON.stringify(errors));
    assert.equal(body.openapi, "3.1.0");
    const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(described.sort(), portal.app.routes.map(({ method, path }) => `${method} ${path}`).sort());
    assert.equal(described.length, 27);
  });

  it("lists stacks in pages", async () => {
    const first = await get("/api/v1/stacks?limit=2");
    assert.deepEqual(
      (first.body.items as { name: string }[]).map(({ name }) => name),
      ["other", "shop-dev"],
    );
    assert.equal(first.body.next, "shop-dev");
    const second = await get(`/api/v1/stacks?limit=2&after=${first.body.next}`);
    assert.deepEqual(second.body, { items: [{ name: "shop-prod", cloud: "local", fourEyes: false, health: "never deployed" }] });
  });

  it("makes a stack and says where it is; a second of its name is a conflict", async () => {
    const wish = { name: "mine", cloud: "local", document: "name: mine\n", settings: { config: { "aws:region": "eu-central-1" } } };
    const { response, body } = await post("/api/v1/stacks", wish);
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("location"), "/api/v1/stacks/mine");
    assert.equal(body.name, "mine");
    const again = await post("/api/v1/stacks", wish);
    assert.equal(again.response.status, 409);
    assert.equal(again.body.type, "urn:secure-gateway:problem:conflict");
    assert.equal(again.body.detail, 'There is a stack "mine" already');
    assert.equal(again.body.remedy, "choose another name");
    portal.service.documentsOf.delete("mine");
  });

  it("reads a document with its version as ETag, and not again when it is known", async () => {
    const { response, body } = await get("/api/v1/stacks/shop-dev/document");
    assert.equal(response.headers.get("etag"), '"1"');
    assert.equal(body.text, "name: shop\n");
    const known = await portal.fetch("/api/v1/stacks/shop-dev/document", { ...ALL, headers: { "if-none-match": '"1"' } });
    assert.equal(known.status, 304);
    assert.equal(await known.text(), "");
  });

  it("replaces the version a caller has seen, and no other", async () => {
    const put = (etag?: string) =>
      get("/api/v1/stacks/shop-prod/document", {
        ...ALL,
        method: "PUT",
        json: { text: "name: new\n" },
        headers: etag === undefined ? {} : { "if-match": etag },
      });
    const blind = await put();
    assert.equal(blind.response.status, 428);
    assert.equal(blind.body.detail, "The request has no If-Match.");
    const first = await put('"1"');
    assert.equal(first.response.status, 200);
    assert.equal(first.response.headers.get("etag"), '"2"');
    const late = await put('"1"');
    assert.equal(late.response.status, 412);
    assert.equal(late.body.detail, "Somebody saved another version in between");
    assert.equal((await put("W/nonsense")).response.status, 412);
    const versions = await get("/api/v1/stacks/shop-prod/documents?limit=1");
    assert.equal(versions.body.next, "1");
    assert.ok(!("text" in ((versions.body.items as object[])[0] as object)));
    assert.equal((await get("/api/v1/stacks/shop-prod/documents/2")).body.text, "name: new\n");
    assert.equal((await get("/api/v1/stacks/shop-prod/documents/9")).response.status, 404);
  });

  it("checks a text without keeping it", async () => {
    assert.deepEqual((await post("/api/v1/stacks/shop-dev/check", { text: "fine" })).body, { faults: [] });
    const { faults } = (await post("/api/v1/stacks/shop-dev/check", { text: "fault" })).body as { faults: object[] };
    assert.deepEqual(faults, [{ path: "routes.0", message: 'is "fault"', remedy: "remove it", line: 1, column: 1 }]);
  });

  it("plans, reviews and applies", async () => {
    const planned = await post("/api/v1/stacks/shop-dev/plans", { kind: "up" });
    assert.equal(planned.response.status, 201);
    assert.equal(planned.response.headers.get("location"), `/api/v1/plans/${planned.body.id}`);
    const read = await get(planned.response.headers.get("location") ?? "");
    assert.deepEqual(read.body, planned.body);
    const reviewed = await post(`/api/v1/plans/${planned.body.id}/approvals`, { verdict: "approved", digest: planned.body.digest });
    assert.equal(reviewed.response.status, 201);
    assert.equal((reviewed.body.approvals as { comment: string }[])[0]?.comment, "");
    const stale = await post(`/api/v1/plans/${planned.body.id}/approvals`, { verdict: "approved", digest: "another" });
    assert.equal(stale.response.status, 409);
    assert.equal(stale.body.type, "urn:secure-gateway:problem:stale");
    const applied = await post(`/api/v1/plans/${planned.body.id}/apply`);
    assert.equal(applied.response.status, 202);
    assert.equal(applied.response.headers.get("location"), `/api/v1/operations/${applied.body.id}`);
    assert.equal((await get("/api/v1/stacks/shop-dev/plans")).response.status, 200);
  });

  it("starts, lists and cancels operations", async () => {
    const started = await post("/api/v1/stacks/other/operations", { kind: "refresh" });
    assert.equal(started.response.status, 202);
    assert.equal((await get(`/api/v1/operations/${started.body.id}`)).body.state, "running");
    assert.equal((await post(`/api/v1/operations/${started.body.id}/cancel`)).body.state, "cancelling");
    assert.equal(((await get("/api/v1/stacks/other/operations")).body.items as unknown[]).length, 1);
    assert.equal((await post("/api/v1/stacks/other/operations", { kind: "up" })).response.status, 422);
  });

  it("shows what the probes of a run found", async () => {
    const { body: operation } = await post("/api/v1/stacks/other/operations", { kind: "verify" });
    portal.service.emit(String(operation.id), { type: "verify", probe: { name: "tls", ok: true } });
    const running = await get(`/api/v1/verify-runs/${operation.id}`);
    assert.deepEqual(running.body.probes, [{ name: "tls", ok: true }]);
    portal.service.emit(String(operation.id), { type: "verify", probe: { name: "jwt", ok: false } });
    portal.service.end(String(operation.id));
    const ended = await get(`/api/v1/verify-runs/${operation.id}`);
    assert.deepEqual(ended.body.probes, [
      { name: "tls", ok: true },
      { name: "jwt", ok: false },
    ]);
    assert.equal((ended.body.operation as { state: string }).state, "succeeded");
    const runs = await get("/api/v1/stacks/other/verify-runs");
    assert.deepEqual(
      (runs.body.items as { id: string }[]).map(({ id }) => id),
      [operation.id],
    );
    const other = await post("/api/v1/stacks/other/operations", { kind: "preview" });
    assert.equal((await get(`/api/v1/verify-runs/${other.body.id}`)).response.status, 404);
    const again = await post("/api/v1/stacks/other/operations", { kind: "verify" });
    // Full pages, though another kind of operation lies between.
    const page = await get("/api/v1/stacks/other/verify-runs?limit=2");
    assert.deepEqual(
      (page.body.items as { id: string }[]).map(({ id }) => id),
      [operation.id, again.body.id],
    );
    assert.equal(page.body.next, undefined);
  });

  it("shows outputs, certificates, secrets' names and the audit log", async () => {
    assert.deepEqual((await get("/api/v1/stacks/other/outputs")).body, {
      outputs: { url: "https://127.0.0.1:8443", consumers: "[secret]" },
    });
    assert.deepEqual((await get("/api/v1/stacks/other/certificates")).body, { certificates: [{ name: "front" }] });
    assert.deepEqual((await get("/api/v1/stacks/other/secrets")).body, { names: ["origin-token"] });
    const kept = await portal.fetch("/api/v1/stacks/other/secrets/origin-token", { ...ALL, method: "PUT", json: { value: "hush" } });
    assert.equal(kept.status, 204);
    assert.equal((await get("/api/v1/audit")).body.next, undefined);
    const { body } = await get("/api/v1/stacks/other/four-eyes", { ...ALL, method: "PUT", json: { on: true } });
    assert.equal(body.fourEyes, true);
  });

  it("tells the service who calls and from where", async () => {
    await get("/api/v1/session", { as: ["viewer", "approver"] });
    await get("/api/v1/stacks", { as: ["viewer", "approver"], stacks: "shop-*" });
    assert.deepEqual(portal.service.actors.at(-1), {
      id: "test#viewer.approver",
      name: "viewer.approver",
      roles: ["viewer", "approver"],
      stacks: ["shop-*"],
      from: "127.0.0.1",
    });
  });

  it("does a request with an Idempotency-Key once", async () => {
    const twice = { "idempotency-key": "one-wish" };
    const before = portal.service.calls.length;
    const [first, second] = await Promise.all([
      post("/api/v1/stacks/shop-dev/plans", { kind: "up" }, twice),
      post("/api/v1/stacks/shop-dev/plans", { kind: "up" }, twice),
    ]);
    // Two clicks at once: one is done, the other is told to wait or gets the same answer.
    const done = [first, second].filter(({ response }) => response.status === 201);
    assert.ok(done.length >= 1);
    const later = await post("/api/v1/stacks/shop-dev/plans", { kind: "up" }, twice);
    assert.equal(later.response.status, 201);
    assert.equal(later.response.headers.get("idempotent-replayed"), "true");
    assert.equal(later.response.headers.get("location"), done[0]?.response.headers.get("location"));
    assert.deepEqual(later.body, done[0]?.body);
    assert.deepEqual(portal.service.calls.slice(before), ["requestPlan shop-dev up"]);
    const other = await post("/api/v1/stacks/shop-dev/plans", { kind: "destroy" }, twice);
    assert.equal(other.response.status, 422);
    assert.equal(other.body.detail, "The idempotency key was used for another request");
    const stranger = await get("/api/v1/stacks/shop-dev/plans", {
      as: ["requester"],
      method: "POST",
      json: { kind: "up" },
      headers: twice,
    });
    assert.equal(stranger.response.status, 201);
    assert.equal(stranger.response.headers.get("idempotent-replayed"), null);
  });

  it("judges a refused request anew under the same Idempotency-Key", async () => {
    const key = { "idempotency-key": "later-wish" };
    assert.equal((await post("/api/v1/stacks/later/plans", { kind: "up" }, key)).response.status, 404);
    portal.service.documentsOf.set("later", [
      { stack: "later", version: 1, text: "", digest: "d", by: "local", at: "2026-11-21T12:00:00Z" },
    ]);
    assert.equal((await post("/api/v1/stacks/later/plans", { kind: "up" }, key)).response.status, 201);
    portal.service.documentsOf.delete("later");
  });
});
