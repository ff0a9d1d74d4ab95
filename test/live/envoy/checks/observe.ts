import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { callPlain } from "../../../support/live/client.ts";
import { apiKeyOf } from "../../../support/live-gateway.ts";
import { ask } from "../support/ask.ts";
import { type Check, check, type Place } from "../support/check.ts";

/** What people see of it, and what nobody must. */
export const OBSERVE_CHECKS: readonly Check[] = [
  check("logs every request as JSON, and no credential", "observe.accessLogs", async (at) => {
    const token = await at.lab.issuers.login.token();
    const secrets = [token, token.split(".")[2] as string, apiKeyOf("acme"), "s3cret"];
    const headers = { authorization: `Bearer ${token}`, "x-api-key": apiKeyOf("acme"), cookie: "session=s3cret" };
    const { headers: answered } = await ask(at, "/all?password=s3cret", 200, { headers });
    await ask(at, `/token?access_token=${token}`, 401);
    const refused = await ask(at, "/all", 401, { headers: { ...headers, authorization: `Bearer ${token}x` } });
    const line = await logged(at, answered["x-request-id"]);
    assert.deepEqual(
      ["method", "path", "status", "route", "consumer", "subject", "clientIp", "backend"].map((name) => line[name]),
      ["GET", "/all", 200, "all", "acme", "user-1", "127.0.0.1", "backend-main"],
    );
    assert.equal((await logged(at, refused.headers["x-request-id"])).status, 401);
    const all = JSON.stringify(at.gateway.accessLog()) + at.gateway.log();
    for (const secret of secrets) assert.equal(all.includes(secret), false, "a credential is in a log");
  }),
  check("logs declared headers", "observe.logHeaders", async (at) => {
    const { headers } = await ask(at, "/exact", 200, { headers: { "user-agent": "tester/1", "x-other": "other/1" } });
    const line = await logged(at, headers["x-request-id"]);
    assert.deepEqual(line.headers, { "user-agent": "tester/1" });
    assert.equal(JSON.stringify(line).includes("other/1"), false);
  }),
  check("shows metrics on the loopback port, and nothing else of the admin interface", "observe.metrics", async (at) => {
    const { adminPort } = at.gateway;
    const page = (path: string, host = "localhost", method = "GET") => callPlain("127.0.0.1", adminPort, path, { host }, method);
    const metrics = await page("/metrics");
    assert.deepEqual([metrics.status, (await page("/ready")).status], [200, 200]);
    assert.match(metrics.body, /^envoy_http_downstream_rq_total\{envoy_http_conn_manager_prefix="https"\} [1-9]/m);
    assert.match(metrics.body, /envoy_vhost_route_upstream_rq\{[^}]*envoy_route="exact"/);
    for (const secret of [apiKeyOf("acme"), apiKeyOf("loner"), "Bearer"]) assert.equal(metrics.body.includes(secret), false);
    for (const path of ["/", "/config_dump", "/certs", "/stats", "/quitquitquit", "/metrics?filter=a", "/ready/../config_dump", "/logging"])
      assert.equal((await page(path)).status, 404, path);
    assert.equal((await page("/metrics", "localhost", "POST")).status, 404);
    assert.equal((await page("/metrics", "rebound.evil.test")).status, 404);
    for (const path of ["/metrics", "/ready", "/config_dump"]) await ask(at, path, 404);
  }),
  check("sends traces to the declared collector", "observe.tracing", async (at) => {
    const path = `/files/trace-${randomUUID()}`;
    await ask(at, path, 200);
    const spans = () => at.lab.collector.received.filter(({ body }) => body.includes(path));
    for (const end = Date.now() + 7000; Date.now() < end && spans().length === 0; ) await sleep(100);
    assert.deepEqual([...new Set(spans().map((sent) => sent.path))], ["/v1/traces"]);
  }),
];

async function logged({ gateway }: Place, requestId: string | undefined): Promise<Record<string, unknown>> {
  for (const end = Date.now() + 3000; Date.now() < end; await sleep(50)) {
    const line = gateway.accessLog().find((entry) => entry.requestId === requestId);
    if (line) return line;
  }
  return assert.fail("the request is not in the access log");
}
