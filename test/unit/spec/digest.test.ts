import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parse } from "yaml";
import { loadModel } from "../../../components/spec/load.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";

const SHOP = parse(readFileSync("gateways/shop.yaml", "utf8")) as Record<string, unknown>;
const modelOf = (document: unknown) => loadModel({ file: "gateways/shop.yaml", text: JSON.stringify(document) });

/** The same document with the keys of every map in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => ({ key, child: shuffled(child, random), at: random() }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, child }) => [key, child]));
}

/** One change each; every one makes another gateway. */
const CHANGES: Readonly<Record<string, unknown>> = {
  hostname: { hostname: "api.other.example.com" },
  "TLS version": { tls: { minimumVersion: "1.3" } },
  "plain HTTP": { http: "refuse" },
  "trusted proxies": { clientIp: { trustedHops: 1 } },
  audience: { jwt: { providers: { login: { audiences: ["other"] } } } },
  "a claim's header": { jwt: { providers: { login: { claimToHeaders: { "x-shop-tenant": "org" } } } } },
  "a plan's burst": { plans: { gold: { rateLimit: { burst: 201 } } } },
  "a key's generation": { consumers: { "acme-mobile": { keyGeneration: 2 } } },
  "a denied address": { access: { denyCidrs: ["198.51.100.0/25"] } },
  "the gateway's limit": { rateLimit: { requests: 51 } },
  "an origin": { cors: { allowOrigins: ["https://www.shop.example.com"] } },
  "a timeout": { backends: { orders: { timeout: "11s" } } },
  "a header": { headers: { response: { set: { "x-frame-options": "DENY" } } } },
  "the firewall": { waf: "managed" },
  "retention of logs": { observability: { accessLogs: { retentionDays: 31 } } },
  "a setting of one cloud": { aws: { cloudwatchRole: "create" } },
};

describe("a model's digest", () => {
  it("is 64 hexadecimal digits over everything but itself", async () => {
    const model = await modelOf(SHOP);
    assert.match(model.digest, /^[0-9a-f]{64}$/);
  });

  it("does not depend on the order of keys, nor does anything in the model", async () => {
    const expected = JSON.stringify(await modelOf(SHOP));
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (random) => {
        const other = await modelOf(shuffled(SHOP, () => random.next().value as number));
        assert.equal(JSON.stringify(other), expected);
      }),
      { numRuns: 50 },
    );
  });

  it("is the same for YAML and JSON, and for a default left out or written", async () => {
    const { digest } = await modelOf(SHOP);
    assert.equal((await loadModel({ file: "gateways/shop.yaml" })).digest, digest);
    assert.equal((await modelOf(mergePatch(SHOP, { waf: "off", clientIp: { trustedHops: 0 } }))).digest, digest);
  });

  for (const [title, change] of Object.entries(CHANGES)) {
    it(`changes with ${title}`, async () => {
      const [before, after] = await Promise.all([modelOf(SHOP), modelOf(mergePatch(SHOP, change))]);
      assert.notEqual(after.digest, before.digest);
    });
  }

  it("belongs to a model nobody can change", async () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    assert.ok(frozen(await modelOf(SHOP)));
  });
});
