import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { clientOf, inBlocks } from "../../../../components/backends/aws/authorizer/addresses.ts";
import { calendarPeriod } from "../../../../components/backends/aws/authorizer/calendar.ts";
import type { Counters } from "../../../../components/backends/aws/authorizer/counters.ts";
import { TestAuthority, type TestKeyPair } from "../../../support/live/certificates.ts";
import { TestIssuer } from "../../../support/live/tokens.ts";
import { authorizerOf, consumersOf } from "./support.ts";

const GOLD = "a".repeat(64);
const SILVER = "b".repeat(64);
const NONE = "c".repeat(64);
const consumers = consumersOf({
  [GOLD]: { consumer: "acme-mobile", plan: "gold" },
  [SILVER]: { consumer: "corner-store", plan: "silver" },
  [NONE]: { consumer: "walk-in" },
});

/** Counters that write down what they are asked and refuse what is listed. */
class Recorded implements Counters {
  readonly asked: string[] = [];
  readonly exhausted = new Set<string>();
  broken = false;

  async take(bucket: string): Promise<number | undefined> {
    this.#note(bucket);
    return this.exhausted.has(bucket) ? 1 : undefined;
  }

  async count(counter: string): Promise<boolean> {
    this.#note(counter);
    return !this.exhausted.has(counter);
  }

  #note(name: string): void {
    if (this.broken) throw new Error("the counters answered 500 InternalServerError");
    this.asked.push(name);
  }
}

describe("AWS authorizer: decisions", () => {
  const issuer = new TestIssuer();
  let client: TestKeyPair;
  let other: TestKeyPair;
  let serverOnly: TestKeyPair;
  let root = "";
  const counters = new Recorded();
  let ask: Awaited<ReturnType<typeof authorizerOf>>;
  let document: Record<string, unknown>;
  const bearer = async (claims: Record<string, unknown> = {}) => ({ Authorization: `Bearer ${await issuer.token(claims)}` });

  before(async () => {
    const authority = await TestAuthority.create();
    root = authority.root;
    client = await authority.issue({ dnsNames: ["partner.example.com"], uris: ["spiffe://shop/partner"], usages: ["client"] });
    other = await authority.issue({ dnsNames: ["other.example.com"], usages: ["client"] });
    serverOnly = await authority.issue({ dnsNames: ["partner.example.com"], usages: ["server"] });
    await issuer.addKey("RS256", "rsa");
    document = {
      jwt: { providers: { login: { issuer: issuer.issuer, audiences: ["shop-api"], jwks: issuer.jwks } } },
      tls: { clientValidation: { caCertificates: [root], mode: "Optional" } },
      plans: {
        gold: { rateLimit: { requests: 10, per: "second", burst: 20 }, quota: { requests: 1000, per: "month" } },
        silver: { quota: { requests: 100, per: "week" } },
      },
      consumers: { "acme-mobile": { plan: "gold" }, "corner-store": { plan: "silver" }, "walk-in": {} },
      rateLimit: { requests: 50, per: "second", burst: 100, key: "gateway" },
      backends: { orders: { url: "https://orders.shop.example.com" } },
      observability: { accessLogs: { headers: ["user-agent"] } },
      routes: {
        open: { path: "/open", methods: ["GET"], backend: "orders", public: true },
        key: { path: "/key", methods: ["GET"], backend: "orders", require: [{ apiKey: true }] },
        gold: { path: "/gold", methods: ["GET"], backend: "orders", require: [{ apiKey: { plans: ["gold"] } }] },
        cert: { path: "/cert", methods: ["GET"], backend: "orders", require: [{ clientCertificate: true }] },
        named: {
          path: "/named",
          methods: ["GET"],
          backend: "orders",
          require: [{ clientCertificate: { subjectAltNames: ["spiffe://shop/partner"] } }],
        },
        both: { path: "/both", methods: ["GET"], backend: "orders", require: [{ jwt: "login", apiKey: true, clientCertificate: true }] },
        either: { path: "/either", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }, { apiKey: { plans: ["gold"] } }] },
        limited: {
          path: "/limited",
          methods: ["POST"],
          backend: "orders",
          require: [{ jwt: "login" }],
          bodyLimit: "1KiB",
          access: { allowCidrs: ["203.0.113.0/24", "2001:db8::/32"], denyCidrs: ["203.0.113.66/32"] },
          rateLimit: [
            { requests: 5, per: "second", key: "clientIp" },
            { requests: 5, per: "second", key: "jwtClaim:tenant" },
          ],
        },
      },
    };
    ask = await authorizerOf(document, { consumers, counters, meterKey: "meter", now: () => Date.UTC(2026, 10, 18, 12) });
  });

  it("tells consumers apart by their keys, and hands the key to the usage plan and nowhere else", async () => {
    const outcome = await ask("GET /key", { "x-api-key": GOLD, "user-agent": "curl/8" });
    assert.deepEqual(outcome, {
      status: 200,
      context: { decision: "allow", log_h_user_agent: "curl/8", consumer: "acme-mobile" },
      usageKey: GOLD,
    });
    assert.equal((await ask("GET /key", { "x-api-key": NONE })).context.consumer, "walk-in");
  });

  it("answers 401 without a key it knows and 403 for another plan's", async () => {
    for (const headers of [
      {},
      { "x-api-key": "" },
      { "x-api-key": "d".repeat(64) },
      { "x-api-key": [GOLD, GOLD] },
      { authorization: GOLD },
    ])
      assert.equal((await ask("GET /key", headers as Record<string, string>)).status, 401, JSON.stringify(headers));
    assert.equal((await ask("GET /gold", { "x-api-key": SILVER })).status, 403);
    assert.equal((await ask("GET /gold", { "x-api-key": NONE })).status, 403);
    assert.equal((await ask("GET /gold", { "x-api-key": GOLD })).status, 200);
  });

  it("looks at client certificates: there at all, for clients, with a name", async () => {
    assert.equal((await ask("GET /cert")).status, 401);
    assert.equal((await ask("GET /cert", {}, { certificate: "no certificate" })).status, 401);
    assert.equal((await ask("GET /cert", {}, { certificate: serverOnly.certificate })).status, 401);
    const outcome = await ask("GET /cert", {}, { certificate: client.certificate });
    assert.equal(outcome.status, 200);
    assert.match(outcome.context.certificate ?? "", /^:[A-Za-z0-9+/]+=*:$/);
    assert.equal((await ask("GET /named", {}, { certificate: other.certificate })).status, 403);
    assert.equal((await ask("GET /named", {}, { certificate: client.certificate })).status, 200);
  });

  it("wants everything of one alternative", async () => {
    const token = await bearer();
    const all = { ...token, "x-api-key": GOLD };
    assert.equal((await ask("GET /both", all, { certificate: client.certificate })).status, 200);
    assert.equal((await ask("GET /both", all)).status, 401);
    assert.equal((await ask("GET /both", token, { certificate: client.certificate })).status, 401);
    assert.equal((await ask("GET /both", { "x-api-key": GOLD }, { certificate: client.certificate })).status, 401);
  });

  it("is content with any one alternative", async () => {
    assert.equal((await ask("GET /either", await bearer())).status, 200);
    assert.equal((await ask("GET /either", { "x-api-key": GOLD })).status, 200);
    assert.equal((await ask("GET /either", { "x-api-key": SILVER })).status, 403);
    assert.equal((await ask("GET /either", { ...(await bearer({ exp: 1 })), "x-api-key": GOLD })).status, 200);
    assert.equal((await ask("GET /either")).status, 401);
  });

  it("judges addresses before credentials, the denied ones first", async () => {
    const denied = await ask("POST /limited", {}, { sourceIp: "203.0.113.66" });
    assert.deepEqual(denied.context, { decision: "forbidden", reason: "client-address" });
    assert.equal((await ask("POST /limited", {}, { sourceIp: "198.51.100.1" })).status, 403);
    assert.equal((await ask("POST /limited", { "x-forwarded-for": "203.0.113.5" }, { sourceIp: "198.51.100.1" })).status, 403);
    assert.equal((await ask("POST /limited", {}, { sourceIp: "::ffff:203.0.113.9" })).status, 401);
    assert.equal((await ask("POST /limited", {}, { sourceIp: "2001:db8::1" })).status, 401);
  });

  it("refuses bodies over a route's own limit by their declared length", async () => {
    const token = await bearer({ tenant: "acme" });
    assert.equal((await ask("POST /limited", { ...token, "content-length": "1024" })).status, 200);
    for (const length of ["1025", "-1", "1e3", "0x10", "9".repeat(20)])
      assert.deepEqual((await ask("POST /limited", { ...token, "content-length": length })).context, {
        decision: "forbidden",
        reason: "body-size",
      });
    assert.equal((await ask("POST /limited", { ...token, "content-length": ["10", "10"] })).status, 403);
  });

  it("counts plan, quota, route and gateway in this order, each in its own bucket", async () => {
    counters.asked.length = 0;
    await ask("GET /key", { "x-api-key": GOLD });
    assert.deepEqual(counters.asked, ["plan/acme-mobile", "quota/acme-mobile/month/2026-11-01", "rateLimit/"]);
    counters.asked.length = 0;
    await ask("POST /limited", await bearer({ tenant: "acme" }));
    assert.deepEqual(counters.asked, ["routes.limited.rateLimit[0]/203.0.113.7", 'routes.limited.rateLimit[1]/login/"acme"', "rateLimit/"]);
    counters.asked.length = 0;
    await ask("GET /key", { "x-api-key": "wrong" });
    assert.deepEqual(counters.asked, []);
  });

  it("answers 429 by withholding the usage key", async () => {
    counters.exhausted.add("rateLimit/");
    assert.deepEqual(await ask("GET /open"), { status: 429, context: { decision: "limited", reason: "rateLimit" } });
    counters.exhausted.clear();
    counters.exhausted.add("quota/acme-mobile/month/2026-11-01");
    assert.deepEqual(await ask("GET /key", { "x-api-key": GOLD }), {
      status: 429,
      context: { decision: "limited", reason: "quota", consumer: "acme-mobile" },
    });
    counters.exhausted.clear();
    assert.deepEqual(await ask("GET /open"), { status: 200, context: { decision: "allow" }, usageKey: "meter" });
  });

  it("lets nothing pass when it cannot count, or has no usage key to give", async () => {
    counters.broken = true;
    assert.equal((await ask("GET /open")).status, 503);
    counters.broken = false;
    const without = await authorizerOf(document, { consumers, meterKey: "meter" });
    assert.equal((await without("GET /open")).error, "there is a limit to keep and nothing to count with");
    const unmetered = await authorizerOf(document, { consumers, counters });
    assert.equal((await unmetered("GET /open")).error, "the usage key of this deployment is missing");
  });

  it("holds every certificate to the declared names and fingerprints", async () => {
    const tls = (more: object) => ({ ...document, tls: { clientValidation: { caCertificates: [root], ...more } } });
    const byName = await authorizerOf(tls({ subjectAltNames: ["partner.example.com", "spiffe://shop/partner"] }), {
      consumers,
      counters,
      meterKey: "meter",
    });
    assert.equal((await byName("GET /open", {}, { certificate: client.certificate })).status, 200);
    assert.deepEqual((await byName("GET /open", {}, { certificate: other.certificate })).context, {
      decision: "forbidden",
      reason: "client-certificate",
    });
    const byHash = await authorizerOf(tls({ certificateHashes: [other.hash] }), { consumers, counters, meterKey: "meter" });
    assert.equal((await byHash("GET /open", {}, { certificate: other.certificate })).status, 200);
    assert.equal((await byHash("GET /open", {}, { certificate: client.certificate })).status, 403);
  });

  it("behind CloudFront believes CloudFront's headers about address and certificate", async () => {
    const edge = await authorizerOf(document, { edge: true, consumers, counters, meterKey: "meter" });
    const encoded = encodeURIComponent(client.certificate);
    assert.equal((await edge("GET /named", { "cloudfront-viewer-cert-pem": encoded })).status, 200);
    assert.equal((await edge("GET /named", {}, { certificate: client.certificate })).status, 401);
    assert.equal((await edge("GET /named", { "cloudfront-viewer-cert-pem": [encoded, encoded] })).status, 401);
    assert.equal((await edge("GET /named", { "cloudfront-viewer-cert-pem": "%zz" })).status, 401);
    const token = await bearer({ tenant: "acme" });
    assert.equal((await edge("POST /limited", { ...token, "x-gateway-client-ip": "203.0.113.7" }, { sourceIp: "10.0.0.1" })).status, 200);
    assert.equal((await edge("POST /limited", token, { sourceIp: "203.0.113.7" })).status, 403);
  });

  it("answers for the one method and path it was asked about", async () => {
    const { createAuthorizer } = await import("../../../../components/backends/aws/authorizer/handler.ts");
    const { event, policyOf } = await import("./support.ts");
    const authorize = createAuthorizer({ policy: await policyOf(document), consumers, counters, meterKey: "meter" });
    const asked = event("GET /key", { "x-api-key": GOLD });
    const { policyDocument } = await authorize(asked);
    assert.deepEqual(policyDocument, {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: asked.methodArn }],
    });
  });
});

describe("AWS authorizer: addresses and calendar", () => {
  it("compares addresses of one kind only, and none it cannot read", () => {
    assert.ok(inBlocks("10.1.2.3", ["10.0.0.0/8"]));
    assert.ok(inBlocks("::ffff:10.1.2.3", ["10.0.0.0/8"]));
    assert.ok(inBlocks("2001:db8:1::5", ["10.0.0.0/8", "2001:db8::/32"]));
    for (const address of ["11.0.0.1", "2001:db9::1", "", "10.1.2.3, 10.0.0.1", "localhost"])
      assert.ok(!inBlocks(address, ["10.0.0.0/8", "2001:db8::/32"]), address);
  });

  it("counts an IPv6 client by its /64", () => {
    assert.equal(clientOf("203.0.113.7"), "203.0.113.7");
    assert.equal(clientOf("::ffff:203.0.113.7"), "203.0.113.7");
    assert.equal(clientOf("2001:db8:1:2:aaaa::1"), clientOf("2001:db8:1:2:bbbb::2"));
    assert.notEqual(clientOf("2001:db8:1:2::1"), clientOf("2001:db8:1:3::1"));
    assert.equal(clientOf("junk"), "unknown");
  });

  it("counts calendar periods in UTC, weeks from Monday", () => {
    const sunday = new Date("2026-03-01T23:59:59Z");
    assert.deepEqual(calendarPeriod("day", sunday), { name: "day/2026-03-01", end: Date.UTC(2026, 2, 2) / 1000 });
    assert.deepEqual(calendarPeriod("week", sunday), { name: "week/2026-02-23", end: Date.UTC(2026, 2, 2) / 1000 });
    assert.deepEqual(calendarPeriod("month", new Date("2026-12-31T12:00:00Z")), {
      name: "month/2026-12-01",
      end: Date.UTC(2027, 0, 1) / 1000,
    });
  });
});
