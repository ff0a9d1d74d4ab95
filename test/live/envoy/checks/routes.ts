import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallOptions } from "../../../support/live/client.ts";
import { ask, bearer, passed } from "../support/ask.ts";
import { type Check, check } from "../support/check.ts";

/** Where requests go. */
export const ROUTE_CHECKS: readonly Check[] = [
  check("matches exact paths", "route.exact", async (at) => {
    assert.equal((await passed(at, "/exact?a=1")).path, "/exact?a=1");
    for (const path of ["/exact/", "/exact/more", "/exactly", "/Exact", "/"]) await ask(at, path, 404);
  }),
  check("matches templates, the more specific path first", "route.template", async (at) => {
    assert.equal((await passed(at, "/things/17")).headers["x-route"], undefined);
    assert.equal((await passed(at, "/things/special")).headers["x-route"], "special");
    await ask(at, "/things/special", 200, { method: "PUT" });
    for (const path of ["/things", "/things/", "/things/1/2", "/things/1/"]) await ask(at, path, 404);
  }),
  check("matches prefixes at whole segments, the longest first", "route.prefix", async (at) => {
    assert.equal((await passed(at, "/files/a/b")).headers["x-route"], undefined);
    assert.equal((await passed(at, "/files/private/a")).headers["x-route"], "deeper");
    assert.equal((await passed(at, "/files/privately")).headers["x-route"], undefined);
    for (const path of ["/files", "/filesystem"]) await ask(at, path, 404);
  }),
  check("refuses methods a route does not list, and says which it does", "route.methods", async (at) => {
    for (const [path, method, allow] of [
      ["/exact", "DELETE", "GET, HEAD, OPTIONS, POST"],
      ["/cors-off", "POST", "GET, HEAD"],
      ["/things/17", "POST", "GET, HEAD, OPTIONS, PUT"],
      ["/token", "PATCH", "GET, HEAD, OPTIONS"],
      ["/cors-off", "OPTIONS", "GET, HEAD"],
    ] as const) {
      const { headers } = await ask(at, path, 405, { method });
      assert.equal(headers.allow?.split(", ").sort().join(", "), allow);
    }
    assert.equal((await ask(at, "/exact", 200, { method: "HEAD" })).body, "");
    await ask(at, "/exact", 404, { method: "DELETE", headers: { host: "api.test" } }).catch(() => undefined);
  }),
  check("rewrites paths and puts base paths before them", "route.rewrite", async (at) => {
    assert.equal((await passed(at, "/old/one/two?q=1")).path, "/base/new/two/one?q=1");
    assert.equal((await passed(at, "/based/a")).path, "/base/based/a");
  }),
  check("changes headers of requests and answers", "route.headers", async (at) => {
    const request = { headers: { "x-set": "client", "x-added": "client", "x-route-unwanted": "1", "x-unwanted": "1" } };
    const answer = await ask(at, "/changed", 200, request);
    const { headers } = answer.json<{ headers: Record<string, string> }>();
    assert.deepEqual(
      ["x-set", "x-added", "x-route-unwanted", "x-unwanted", "x-edge"].map((name) => headers[name]),
      ["50%", "client, more", undefined, undefined, "gateway"],
    );
    assert.deepEqual([answer.headers["x-frame-options"], answer.headers["x-content-type-options"]], ["DENY", "nosniff"]);
  }),
  check("splits requests by weight", "route.weights", async (at) => {
    const { main, canary } = at.lab.backends;
    const before = [main.seen.length, canary.seen.length] as const;
    for (let index = 0; index < 80; index++) await ask(at, "/weighted", 200);
    const [toMain, toCanary] = [main.seen.length - before[0], canary.seen.length - before[1]];
    assert.equal(toMain + toCanary, 80);
    // 20 are expected; five standard deviations (σ = 3.9) to either side.
    assert.ok(toCanary >= 1 && toCanary <= 40, `${toCanary} of 80 went to the backend with a quarter of the weight`);
  }),
  check("routes gRPC services and methods", "route.grpc", async (at) => {
    assert.equal((await ask(at, "/shop.Inventory/Get", 200, GRPC)).json().httpVersion, "2.0");
    const refused = await ask(at, "/shop.Inventory/Set", 200, GRPC);
    assert.equal(refused.headers["grpc-status"], "16");
    const token = await at.lab.issuers.login.token();
    assert.equal(
      (await ask(at, "/shop.Inventory/Set", 200, { ...GRPC, headers: { ...GRPC.headers, ...bearer(token).headers } })).json().path,
      "/shop.Inventory/Set",
    );
    assert.equal((await ask(at, "/shop.Other/Get", 200, GRPC)).headers["grpc-status"], "12");
  }),
  check("ends requests that take too long with 504", "route.timeout", async (at) => {
    await ask(at, "/slow", 200, { headers: { "x-wait": "10" } });
    const start = Date.now();
    await ask(at, "/slow", 504, { headers: { "x-wait": "1500" } });
    assert.ok(Date.now() - start < 1400, `it took ${Date.now() - start} ms`);
  }),
];

const GRPC: CallOptions & { headers: Record<string, string> } = {
  method: "POST",
  http2: true,
  headers: { "content-type": "application/grpc", te: "trailers" },
  body: Buffer.from([0, 0, 0, 0, 0]),
};

/** How the gateway talks to backends. */
export const BACKEND_CHECKS: readonly Check[] = [
  trust("backend.tls.public", "/publicly", "/stranger-public"),
  trust("backend.tls.internal", "/exact", "/stranger"),
  trust("backend.tls.ca", "/canary", "/stranger-ca"),
  check("refuses a backend's certificate that has ended", "backend.tls.ca", async (at) => {
    await ask(at, "/expired", 503);
  }),
  trust("backend.tls.pinned", "/pinned", "/other-pinned"),
  check("looks at no certificate where the document says so", "backend.tls.unverified", async (at) => {
    await ask(at, "/unverified", 200);
  }),
  trust("backend.tls.serverName", "/named", "/misnamed"),
  check("shows backends its certificate", "backend.clientCertificate.internal", async (at) => {
    assert.match(String((await passed(at, "/exact")).clientSubject), /CN=open gateway/);
    await ask(at, "/unshown", 503);
  }),
  check("shows backends an imported certificate", "backend.clientCertificate.imported", async (at) => {
    assert.match(String((await passed(at, "/imported")).clientSubject), /CN=gateway/);
  }),
  check("reaches backends by their private addresses", "backend.private", async (at) => {
    assert.equal((await passed(at, "/near")).authority, `orders.near.test:${at.lab.backends.canary.port}`);
  }),
  check("reaches backends on premises by their addresses", "backend.onPremises", async (at) => {
    await ask(at, "/premises", 200);
  }),
  check("sends the public host name where asked to, and its own to others", "backend.preserveHost", async (at) => {
    assert.equal((await passed(at, "/preserving")).authority, "api.test");
    assert.equal((await passed(at, "/canary")).authority, `127.0.0.1:${at.lab.backends.canary.port}`);
  }),
  check("repeats failed requests where that is safe", "backend.retries", async (at) => {
    const failing = (id: string, count: number, method = "GET") => ({
      method,
      headers: { "x-status": "503", "x-failures": `${id}${Math.random()}:${count}` },
    });
    await ask(at, "/flaky", 200, failing("twice", 2));
    await ask(at, "/flaky", 503, failing("thrice", 3));
    await ask(at, "/flaky", 503, failing("post", 1, "POST"));
    await ask(at, "/flaky", 500, { headers: { "x-status": "500", "x-failures": `other${Math.random()}:1` } });
  }),
  check("stops sending to a backend that fails, and to one that is full", "backend.circuitBreaker", async (at) => {
    const { fragile } = at.lab.backends;
    const both = await Promise.all([
      at.gateway.call("/fragile", { headers: { "x-wait": "400" } }),
      sleep(150).then(() => at.gateway.call("/fragile")),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 503],
    );
    for (let index = 0; index < 3; index++) await ask(at, "/fragile", 500, { headers: { "x-status": "500" } });
    await until(async () => (await at.gateway.call("/fragile")).status === 503, "it is taken out");
    const before = fragile.seen.length;
    await ask(at, "/fragile", 503);
    assert.equal(fragile.seen.length, before);
    await until(async () => (await at.gateway.call("/fragile")).status === 200, "it comes back");
  }),
  check("sends nothing to a backend that fails although its health is well", "backend.circuitBreaker", async (at) => {
    await until(async () => (await at.gateway.call("/failing")).status === 200, "it is healthy at first");
    for (let index = 0; index < 3; index++) await ask(at, "/failing", 500, { headers: { "x-status": "500" } });
    await until(async () => (await at.gateway.call("/failing")).status === 503, "it is taken out");
    // Two health checks and more.
    for (const end = Date.now() + 2400; Date.now() < end; await sleep(100)) await ask(at, "/failing", 503);
    await until(async () => (await at.gateway.call("/failing")).status === 200, "it comes back");
  }),
  check("asks backends for their health", "backend.healthCheck", async (at) => {
    await until(
      async () => (await at.gateway.call("/checked", { headers: { "x-health": "well" } })).status === 200,
      "it is healthy at first",
    );
    await ask(at, "/checked", 200, { headers: { "x-health": "ill" } });
    await until(async () => (await at.gateway.call("/checked")).status === 503, "it is taken out");
    await at.lab.backends.checked.handler(
      {
        method: "GET",
        path: "/",
        headers: { "x-health": "well" },
        authority: "",
        bodyBytes: 0,
        httpVersion: "2.0",
        clientSubject: undefined,
      },
      { setHeader() {}, end() {} } as never,
    );
    await until(async () => (await at.gateway.call("/checked")).status === 200, "it is taken back");
  }),
];

function trust(control: Check["controls"][number], good: string, bad: string): Check {
  return check(`verifies backends: ${control}`, control, async (at) => {
    await ask(at, good, 200);
    await ask(at, bad, 503);
  });
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 6000; Date.now() < end; await sleep(100)) if (await holds()) return;
  assert.fail(`not in time: ${what}`);
}
