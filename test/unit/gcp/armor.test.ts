import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { pathIs, pathRegex, quoted } from "../../../components/backends/gcp/armor/cel.ts";
import { type ArmorRule, armorRules } from "../../../components/backends/gcp/armor/rules.ts";
import { thresholdOf } from "../../../components/backends/gcp/armor/windows.ts";
import type { RateLimit, RoutePath } from "../../../components/spec/model.ts";
import { within } from "../../../proof/addresses.ts";
import { evaluateArmor } from "../../../proof/cel.ts";
import { modelOf } from "../../support/plan.ts";

interface Request {
  readonly ip?: string;
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** The rule that decides about a request. */
function decision(
  rules: readonly ArmorRule[],
  { ip = "192.0.2.1", host = "api.shop.example.com", path = "/", method = "GET", headers = {} }: Request,
): ArmorRule {
  const request = { path, method, headers: { host, ...headers } };
  const found = [...rules]
    .sort((a, b) => a.priority - b.priority)
    .find(({ match }) =>
      "ranges" in match
        ? match.ranges.some((range) => range === "*" || within(ip, range))
        : evaluateArmor(match.expression, { request, origin: { ip } }) === true,
    );
  assert.ok(found, "no rule decides");
  return found;
}

const base = {
  name: "shop",
  hostname: "api.shop.example.com",
  gcp: { project: "shop-test-1", region: "europe-west3" },
  backends: { orders: { url: "https://orders.example" } },
  routes: { all: { path: "/all", methods: ["GET"], backend: "orders", public: true } } as Record<string, unknown>,
};
const rulesOf = async (more: Record<string, unknown> = {}) => armorRules(await modelOf(JSON.stringify({ ...base, ...more })));

describe("Cloud Armor rules", () => {
  it("refuse other hosts and headers only the load balancer writes", async () => {
    const rules = await rulesOf({ waf: "managed", ddos: "advanced" });
    assert.equal(decision(rules, {}).action, "allow");
    assert.equal(decision(rules, { host: "API.shop.example.com:443" }).action, "allow");
    assert.equal(decision(rules, { host: "api.shop.example.com.evil.example" }).action, "deny(404)");
    assert.equal(decision(rules, { headers: { "x-edge-client-ip": "203.0.113.7" } }).action, "deny(403)");
    assert.equal(decision(rules, { headers: { "x-edge-client-cert-uri": "" } }).action, "deny(403)");
  });

  it("deny and admit addresses, and deny by default where there is an allow list", async () => {
    const allowCidrs = Array.from({ length: 25 }, (_, index) => `203.0.${index}.0/24`);
    const rules = await rulesOf({ access: { allowCidrs, denyCidrs: ["203.0.7.9/32"] } });
    assert.equal(decision(rules, { ip: "203.0.24.1" }).action, "allow");
    assert.equal(decision(rules, { ip: "203.0.7.9" }).action, "deny(403)");
    assert.equal(decision(rules, { ip: "192.0.2.1" }).action, "deny(403)");
    assert.ok(rules.every(({ match }) => !("ranges" in match) || match.ranges.length <= 10));
    assert.equal(new Set(rules.map(({ priority }) => priority)).size, rules.length);
  });

  it("let only admitted addresses use up a limit", async () => {
    const blocks = (length: number) => Array.from({ length }, (_, index) => `203.0.${index}.0/24`);
    const rateLimit = (key: string) => ({ requests: 5, per: "second", burst: 1000, key });
    for (const [key, length] of [
      ["gateway", 10],
      ["clientIp", 25],
    ] as const) {
      const rules = await rulesOf({ access: { allowCidrs: blocks(length) }, rateLimit: rateLimit(key) });
      assert.equal(decision(rules, { ip: `203.0.${length - 1}.1` }).description, "Limit of the gateway");
      assert.equal(decision(rules, { ip: "192.0.2.1" }).action, "deny(403)", "a stranger");
      assert.equal(new Set(rules.map(({ priority }) => priority)).size, rules.length);
    }
    // Rules count apart: one count for all needs one rule, and Envoy keeps the list.
    const shared = await rulesOf({ access: { allowCidrs: blocks(11) }, rateLimit: rateLimit("gateway") });
    assert.equal(shared.filter(({ action }) => action === "throttle").length, 1);
    assert.equal(decision(shared, { ip: "192.0.2.1" }).action, "throttle");
    const routes = { all: { path: "/all", methods: ["GET"], backend: "orders", public: true, rateLimit: rateLimit("clientIp") } };
    const route = await rulesOf({ access: { allowCidrs: blocks(5) }, routes });
    assert.equal(decision(route, { ip: "203.0.4.1", path: "/all" }).action, "throttle");
    assert.equal(decision(route, { ip: "203.0.4.1", path: "/other" }).action, "allow");
    for (const path of ["/all", "/other"]) assert.equal(decision(route, { ip: "192.0.2.1", path }).action, "deny(403)", path);
  });

  it("count a route's requests, other routes' not, and let no other spelling escape", async () => {
    const limit = { requests: 5, per: "second", burst: 100 };
    const rules = await rulesOf({
      routes: {
        all: { path: "/all", methods: ["GET"], backend: "orders", public: true },
        one: { path: "/one/{id}", methods: ["GET", "POST"], backend: "orders", public: true, rateLimit: limit },
      },
    });
    assert.equal(decision(rules, { path: "/one/7" }).description, "Limit of route one");
    assert.deepEqual(decision(rules, { path: "/one/7" }).limit, { threshold: { count: 50, intervalSec: 10 }, key: "IP" });
    assert.equal(decision(rules, { path: "/one/7", method: "HEAD" }).action, "throttle");
    assert.equal(decision(rules, { path: "/one/7", method: "DELETE" }).action, "allow");
    for (const path of ["/one", "/one/7/8", "/all", "/xone/7"]) assert.equal(decision(rules, { path }).action, "allow", path);
    for (const path of ["/%6fne/7", "/one%2f7", "/a/../one/7", "//one/7", "/./one/7", "/one\\7", "/%2e%2e/one/7", "/%256fne/7"])
      assert.equal(decision(rules, { path }).action, "deny(403)", path);
    assert.equal(decision(rules, { path: "/one/%C3%A9" }).action, "throttle");
  });

  it("read every text as the text it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        assert.equal(evaluateArmor(quoted(text), {}), text);
      }),
      { numRuns: 500 },
    );
  });

  it("match exactly the paths of a route, whatever is in its segments", () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9._~!$&'()+,=:@-]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        segment,
        fc.constantFrom("exact", "prefix"),
        (literals, other, kind) => {
          const path = { text: "", kind, segments: literals.map((literal) => ({ literal })), trailingSlash: false } as RoutePath;
          const whole = `/${literals.join("/")}`;
          const hit = (text: string) => evaluateArmor(pathIs(path), { request: { path: text } });
          assert.equal(hit(kind === "exact" ? whole : `${whole}/${other}`), true, pathRegex(path));
          assert.equal(hit(kind === "exact" ? `${whole}/${other}` : whole), false);
          assert.equal(hit(`/x${whole}`), `/x${whole}` === whole);
          const [first = "", ...rest] = literals;
          if (first !== other) assert.equal(hit(`/${[other, ...rest].join("/")}${kind === "prefix" ? "/y" : ""}`), false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("never let more through in any stretch of time than the token bucket, even around a window's border", () => {
    const limit = fc.record({
      requests: fc.integer({ min: 1, max: 100_000 }),
      burst: fc.integer({ min: 1, max: 1_000_000 }),
      periodMs: fc.constantFrom(1000, 60_000, 3_600_000),
    });
    let kept = 0;
    fc.assert(
      fc.property(limit, fc.integer({ min: 0, max: 7200 }), (parts, seconds) => {
        const threshold = thresholdOf({ ...parts, per: "second", key: { kind: "clientIp" }, path: "" } as RateLimit);
        if (threshold === undefined) return;
        kept += 1;
        const { count, intervalSec } = threshold;
        const windows = seconds === 0 ? 2 : Math.ceil(seconds / intervalSec) + 1;
        const allowed = parts.burst + (parts.requests * 1000 * seconds) / parts.periodMs;
        assert.ok(windows * count <= allowed + 1e-9, `${windows} windows of ${count} are more than ${allowed}`);
      }),
      { numRuns: 2000 },
    );
    assert.ok(kept > 200, `only ${kept} limits were kept`);
  });
});
