import assert from "node:assert/strict";
import { ProbeContext } from "../../../verify/context.ts";
import type { Attack } from "../../../verify/probes/framing-corpus.ts";
import { type FramingPlace, framingPlace, judgeRefusal, withHeaders } from "../../../verify/probes/framing-place.ts";
import { resolveSettings } from "../../../verify/settings.ts";
import type { VerifyOptions } from "../../../verify/types.ts";
import { modelOf } from "../../support/live-gateway.ts";

const KEY = "a".repeat(43);
const keyed = { path: "/keyed", methods: ["GET", "POST"], backend: "one", require: [{ apiKey: true }] };
const open = { path: "/open", methods: ["POST"], backend: "one", public: true };

async function place(routes: Record<string, unknown>, method: "GET" | "POST", options: Partial<VerifyOptions> = {}) {
  const keys = Object.values(routes).includes(keyed);
  const model = await modelOf({
    name: "small",
    hostname: "api.test",
    tls: { certificate: { source: "internal" } },
    backends: { one: { url: "https://one.test" } },
    ...(keys ? { consumers: { acme: {} } } : {}),
    routes,
  });
  return framingPlace(new ProbeContext(resolveSettings({ model, url: "https://api.test:8443", ...options })), method);
}

describe("verify: where broken requests are sent", () => {
  it("a public route, before any that asks for a credential", async () => {
    const found = await place({ keyed, open }, "POST", { apiKeys: { acme: KEY }, unsafeMethods: true });
    assert.deepEqual(found, { path: "/open", headers: [], via: {}, closed: undefined });
  });

  it("a route this run has the credentials for", async () => {
    const found = await place({ keyed }, "GET", { apiKeys: { acme: KEY } });
    assert.deepEqual(found, { path: "/keyed", headers: [["x-api-key", KEY]], via: {}, closed: undefined });
    assert.deepEqual(await place({ keyed }, "POST", { apiKeys: { acme: KEY }, unsafeMethods: true }), found);
  });

  it("any other path, with the reason why nothing is proven there", async () => {
    const closed = async (...args: Parameters<typeof place>) => (await place(...args)).closed;
    assert.equal(await closed({ keyed }, "GET"), "no route with GET is open to this run (keyed: no API key was given)");
    assert.equal(
      await closed({ keyed }, "POST", { apiKeys: { acme: KEY } }),
      "no route with POST is open to this run (keyed: an authorized POST may change data behind the gateway; allow it with unsafeMethods)",
    );
    assert.equal(await closed({ hello: { ...open, methods: ["GET"] } }, "POST"), "no route takes POST");
  });

  it("with the credential behind the first line", () => {
    const bytes = Buffer.from("POST /a HTTP/1.1\r\nHost: a\r\n\r\n\xff", "latin1");
    assert.equal(withHeaders(bytes, [["X-Key", "k"]]).toString("latin1"), "POST /a HTTP/1.1\r\nX-Key: k\r\nHost: a\r\n\r\n\xff");
    assert.deepEqual(withHeaders(bytes, []), bytes);
  });
});

describe("verify: what the answer to a broken request says", () => {
  const at = (closed: string | undefined): FramingPlace => ({ path: "/", headers: [], via: {}, closed });
  const attack = (harmless: readonly number[] = []): Attack => ({ id: "a", title: "A", harmless, bytes: () => Buffer.alloc(0) });
  const judge = (status: number, closed?: string, harmless?: readonly number[]) =>
    judgeRefusal({ status, headers: [], body: Buffer.alloc(0) } as never, attack(harmless), at(closed))?.result ?? "refused";

  it("a refusal of the form counts everywhere", () => {
    for (const status of [400, 411, 413, 431, 501, 505]) assert.deepEqual([judge(status), judge(status, "no")], ["refused", "refused"]);
  });

  it("a refusal that anybody gets counts only where nobody else gets it", () => {
    assert.deepEqual(
      [401, 403, 404, 405, 429].map((status) => judge(status, "no")),
      Array(5).fill("skipped"),
    );
    assert.deepEqual(
      [401, 403, 404, 405, 429].map((status) => judge(status)),
      ["failed", "refused", "failed", "refused", "failed"],
    );
    const why = judgeRefusal({ status: 401 } as never, attack(), at("no route takes POST"));
    assert.equal(why?.detail, "status 401 proves nothing about it: no route takes POST, so the gateway may not have read it to the end");
  });

  it("an answer of success is a failure, and what the attack calls harmless is not", () => {
    assert.deepEqual(
      [judge(200), judge(200, "no"), judge(404, "no", [404]), judge(404, undefined, [404])],
      ["failed", "failed", "refused", "refused"],
    );
  });
});
