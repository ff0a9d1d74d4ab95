import assert from "node:assert/strict";
import { apiKeyOf } from "../../../support/live-gateway.ts";
import { ask, key, passed, statuses } from "../support/ask.ts";
import { type Check, check, type Place } from "../support/check.ts";

/** Keys, origins, addresses and limits. */
export const ACCESS_CHECKS: readonly Check[] = [
  check("requires an API key, in its header only", "require.apiKey", async (at) => {
    const { headers } = await passed(at, "/key", key("loner"));
    assert.deepEqual([headers["x-gateway-consumer"], headers["x-api-key"]], ["loner", undefined]);
    const refused = await ask(at, "/key", 401);
    assert.equal(refused.headers["www-authenticate"], 'ApiKey realm="api.test", header="x-api-key"');
    const valid = apiKeyOf("loner");
    for (const wrong of ["", "wrong", `${valid} `.repeat(2), valid.toLowerCase(), valid.slice(0, -1), `${valid}A`, "a".repeat(4000)])
      assert.ok(
        [400, 401].includes((await at.gateway.call("/key", { headers: { "x-api-key": wrong } })).status),
        `key "${wrong.slice(0, 50)}"`,
      );
    await ask(at, `/key?x-api-key=${valid}`, 401);
    await ask(at, "/key", 401, { headers: { authorization: `ApiKey ${valid}` } });
    await ask(at, "/key", 401, { headers: { "x-gateway-consumer": "loner" } });
    await ask(at, "/key", 400, { headers: { "x-api-key": [valid, "other"] } });
  }),
  check("requires an API key of declared plans", "require.apiKey.plans", async (at) => {
    await ask(at, "/key-gold", 200, key("acme"));
    await ask(at, "/key-gold", 403, key("loner"));
    await ask(at, "/key-gold", 401);
  }),
  check("answers preflights for declared origins, without credentials, and no others", "cors", async (at) => {
    const allowed = await preflight(at, "/token", "https://shop.test", "GET", "Authorization");
    assert.deepEqual(allowed, {
      status: 204,
      "access-control-allow-origin": "https://shop.test",
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "authorization",
      "access-control-max-age": "3600",
    });
    const none = [
      ["null", "GET", "authorization"],
      ["https://evil.test", "GET", "authorization"],
      ["https://shop.test.evil.test", "GET", "authorization"],
      ["https://evilshop.test", "GET", "authorization"],
      ["http://shop.test", "GET", "authorization"],
      ["https://shop.test:8443", "GET", "authorization"],
      ["https://shop.test", "DELETE", "authorization"],
      ["https://shop.test", "GET", "x-other"],
      ["https://shop.test", "GET", "authorization, x-other"],
    ] as const;
    for (const [origin, method, header] of none)
      assert.deepEqual(
        [origin, method, header, await preflight(at, "/token", origin, method, header)],
        [origin, method, header, { status: 405 }],
      );
    const answer = await ask(at, "/exact", 200, { headers: { origin: "https://shop.test" } });
    assert.deepEqual(corsHeaders(answer.headers), {
      "access-control-allow-origin": "https://shop.test",
      "access-control-expose-headers": "x-total",
    });
    const refused = await ask(at, "/token", 401, { headers: { origin: "https://shop.test" } });
    assert.equal(refused.headers["access-control-allow-origin"], "https://shop.test");
    const foreign = await ask(at, "/exact", 200, { headers: { origin: "https://evil.test" } });
    assert.deepEqual(corsHeaders(foreign.headers), {});
  }),
  check("keeps CORS rules of single routes apart", "cors.perRoute", async (at) => {
    const other = await preflight(at, "/cors-other", "https://other.test", "GET");
    assert.deepEqual([other.status, other["access-control-allow-credentials"]], [204, "true"]);
    assert.deepEqual(await preflight(at, "/cors-other", "https://shop.test", "GET"), { status: 405 });
    assert.deepEqual(await preflight(at, "/exact", "https://other.test", "GET"), { status: 405 });
    assert.deepEqual(await preflight(at, "/cors-off", "https://shop.test", "GET"), { status: 405 });
  }),
  check("restricts addresses on single routes", "access.route", async (at) => {
    await ask(at, "/here", 200);
    await ask(at, "/elsewhere", 403);
    await ask(at, "/elsewhere", 403, { headers: { "x-forwarded-for": "192.0.2.1" } });
  }),
  limit("limits all requests to a route together", "limit.route", "/limited", [{}, { "x-forwarded-for": "10.1.1.1" }]),
  limit("limits each client address on a route; a forged one gets no new bucket", "limit.routeClientIp", "/limited-ip", [
    {},
    { "x-forwarded-for": "10.1.1.1", "x-real-ip": "10.1.1.2", forwarded: "for=10.1.1.3" },
  ]),
  limit("limits each consumer on a route", "limit.routeConsumer", "/limited-consumer", [key("acme").headers], key("loner").headers),
  limit("limits each value of a header", "limit.routeHeader", "/limited-header", [{ ...key("loner").headers, "x-device": "one" }], {
    ...key("loner").headers,
    "x-device": "two",
  }),
  check("limits each value of a claim", "limit.routeClaim", async (at) => {
    const { login } = at.lab.issuers;
    const as = async (sub: string) => ({ headers: { authorization: `Bearer ${await login.token({ sub })}` } });
    assert.deepEqual(await statuses(at, 4, "/limited-claim", await as("one")), [200, 200, 200, 429]);
    assert.deepEqual(await statuses(at, 1, "/limited-claim", await as("two")), [200]);
    assert.deepEqual(await statuses(at, 1, "/limited-claim", await as("one")), [429]);
  }),
  check("limits each consumer by its plan, over all routes", "plan.rateLimit", async (at) => {
    assert.deepEqual(await statuses(at, 2, "/key", key("corner")), [200, 200]);
    assert.deepEqual(await statuses(at, 3, "/any", key("corner")), [200, 200, 429]);
    assert.deepEqual(await statuses(at, 1, "/key", key("loner")), [200]);
  }),
  check("asks the counter next to it for quotas, and is closed without its answer", "plan.quota", async (at) => {
    assert.deepEqual(await statuses(at, 4, "/key", key("taster")), [200, 200, 200, 429]);
    const over = await ask(at, "/key", 429, key("taster"));
    assert.equal(over.headers["retry-after"], "30");
    assert.deepEqual(await statuses(at, 1, "/key", key("acme")), [200]);
    assert.equal(at.quotas.counts.get("taster"), 5);
  }),
];

/** Three pass and the fourth does not, whichever of `clients` sends them; `other` has a bucket of its own. */
function limit(
  title: string,
  control: Check["controls"][number],
  path: string,
  clients: readonly Record<string, string>[],
  other?: Record<string, string>,
): Check {
  return check(title, control, async (at) => {
    const seen: number[] = [];
    for (let index = 0; index < 4; index++)
      seen.push((await at.gateway.call(path, { headers: clients[index % clients.length] ?? {} })).status);
    assert.deepEqual(seen, [200, 200, 200, 429]);
    const { headers } = await ask(at, path, 429, { headers: clients[0] ?? {} });
    assert.match(headers["retry-after"] ?? "", /^[1-9]\d*$/);
    if (other) assert.deepEqual(await statuses(at, 1, path, { headers: other }), [200]);
  });
}

const corsHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-")));

async function preflight({ gateway }: Place, path: string, origin: string, method: string, headers?: string) {
  const answer = await gateway.call(path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": method,
      ...(headers === undefined ? {} : { "access-control-request-headers": headers }),
    },
  });
  return { status: answer.status, ...corsHeaders(answer.headers) } as Record<string, string | number>;
}
