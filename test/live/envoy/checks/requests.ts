import assert from "node:assert/strict";
import { statusOf } from "../../../support/live/client.ts";
import { ask, passed } from "../support/ask.ts";
import { type Check, check } from "../support/check.ts";

/** What a request may look like, and what is left of it. */
export const REQUEST_CHECKS: readonly Check[] = [
  check("reads every spelling of a path one way, or refuses it", "request.path", async (at) => {
    for (const path of REFUSED_PATHS) assert.deepEqual([path, (await at.gateway.call(path)).status], [path, 400]);
    for (const [path, seen] of Object.entries(NORMALISED_PATHS)) assert.equal((await passed(at, path)).path, seen, path);
  }),
  check("lets no other spelling reach a route that asks for something", "request.path", async (at) => {
    for (const path of HOSTILE_PATHS) {
      const before = at.lab.backends.main.seen.length;
      const { status } = await at.gateway.call(path);
      assert.ok([400, 401, 404].includes(status), `${path} was answered ${status}`);
      assert.equal(at.lab.backends.main.seen.length, before, `${path} reached the backend`);
    }
  }),
  check("refuses a URL, headers and bodies that are too large", "request.size", async (at) => {
    await ask(at, `/exact?${"a".repeat(2041)}`, 200);
    await ask(at, `/exact?${"a".repeat(2042)}`, 414);
    await ask(at, "/exact", 431, { headers: { "x-large": "a".repeat(8192) } });
    await ask(at, "/exact", 200, { headers: { "x-large": "a".repeat(7000) } });
    await ask(at, "/exact", 200, { method: "POST", body: Buffer.alloc(16_384) });
    await ask(at, "/exact", 413, { method: "POST", body: Buffer.alloc(16_385) });
    await ask(at, "/big", 200, { method: "POST", body: Buffer.alloc(65_536) });
    await ask(at, "/big", 413, { method: "POST", body: Buffer.alloc(65_537) });
    await ask(at, "/exact", 413, { method: "POST", body: Buffer.alloc(16_385), headers: { "transfer-encoding": "chunked" } });
  }),
  check("refuses requests whose end two parsers could see differently", "request.framing", async (at) => {
    for (const [name, bytes] of Object.entries(framings(at.gateway.hostname))) {
      const before = at.lab.backends.main.seen.length;
      const raw = await at.gateway.raw(bytes, { silenceMs: 250 });
      assert.ok([0, 400, 403, 426, 501].includes(statusOf(raw)), `${name}: ${raw.slice(0, 80)}`);
      assert.equal((raw.match(/^HTTP\/1\.1 /gm) ?? []).length <= 1, true, `${name} was answered more than once`);
      assert.equal(at.lab.backends.main.seen.length, before, `${name} reached the backend`);
    }
  }),
  check("removes identity and forwarding headers from outside, and sets its own", "request.headers", async (at) => {
    const lies = Object.fromEntries(FORGED.map((name) => [name, "forged"]));
    const { headers } = await passed(at, "/exact", { headers: { ...lies, "x-forwarded-for": "10.9.9.9", x_gateway_subject: "forged" } });
    const forged = Object.entries(headers).filter(([, value]) => String(value).includes("forged"));
    assert.deepEqual(forged, []);
    assert.equal(headers["x-gateway-client-ip"], "127.0.0.1");
    assert.equal(String(headers["x-forwarded-for"]).includes("10.9.9.9"), false);
    assert.match(String(headers["x-request-id"]), /^[0-9a-f-]{36}$/);
  }),
  check("passes trace context on", [], async (at) => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const { headers } = await passed(at, "/exact", { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
    assert.match(String(headers.traceparent), new RegExp(`^00-${trace}-[0-9a-f]{16}-0[01]$`));
  }),
  check("answers its own errors as problem details without internals", "errors.problem", async (at) => {
    for (const [path, status] of [
      ["/nowhere", 404],
      ["/token", 401],
      ["/stranger", 503],
      ["/a%2fb", 400],
    ] as const) {
      const answer = await ask(at, path, status);
      assert.equal(answer.headers["content-type"], "application/problem+json");
      const { requestId, ...problem } = answer.json();
      assert.deepEqual(problem, { type: "about:blank", title: TITLES[status], status });
      assert.equal(requestId, answer.headers["x-request-id"]);
      assert.match(String(requestId), /^[0-9a-f-]{36}$/);
      assert.doesNotMatch(JSON.stringify(answer), /envoy|upstream|127\.0\.0\.1|certificate/i);
    }
  }),
];

const TITLES: Readonly<Record<number, string>> = { 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable" };

const REFUSED_PATHS = [
  "/files/a%2fb",
  "/files/a%2Fb",
  "/files/a%5cb",
  "/files/a%00b",
  "/files/a%0ab",
  "/files/a%7fb",
  "/files/%252fa",
  "/files/%255c",
  "/files/%252e%252e/a",
  "/files/%2500",
  "/files/%c0%af",
  "/files/%e0%80%af",
  "/files/%f0%80%80%af",
  "/files/%c1%9c",
  "/files/%zz",
  "/files/%2",
  "/files/%",
  "/files/..%3b/token",
  "/files/.%3b/token",
];

const NORMALISED_PATHS: Readonly<Record<string, string>> = {
  "//exact": "/exact",
  "/./exact": "/exact",
  "/files/../exact": "/exact",
  "/files/%2e%2e/exact": "/exact",
  "/files/%2E/a": "/files/a",
  "/files//a///b": "/files/a/b",
  "/%65xact": "/exact",
  "/files/a%20b": "/files/a%20b",
  "/exact?next=/../token&x=%2f": "/exact?next=/../token&x=%2f",
};

/** Ways to say `/token` that some server reads as `/token`. */
const HOSTILE_PATHS = [
  "//token",
  "/./token",
  "/files/../token",
  "/files/..;/token",
  "/files/..%2ftoken",
  "/files/%2e%2e/token",
  "/files/%2e%2e%2ftoken",
  "/files/..%5ctoken",
  "/files/..\\token",
  "/files/%252e%252e%252ftoken",
  "/files/..%c0%aftoken",
  "/files/..%3b/token",
  "/%74oken",
  "/token%00",
  "/token%20",
  "/token.",
  "/token/",
  "/token//",
  "/token/.",
  "/token;a=b",
  "/TOKEN",
  "/Token",
  "/token%3f",
  "/token%23",
  "/token\\",
  "/x/../token",
  "/token/x/..",
  "/.//token",
];

/** Names of headers with which clients try to be somebody else, or to be served something else. */
const FORGED = [
  "x-gateway-subject",
  "x-gateway-issuer",
  "x-gateway-consumer",
  "x-gateway-client-cert",
  "x-gateway-anything",
  "x-tenant",
  "x-role",
  "x-real-ip",
  "true-client-ip",
  "forwarded",
  "client-cert",
  "x-forwarded-host",
  "x-original-url",
  "x-rewrite-url",
  "x-http-method-override",
  "x-envoy-original-path",
  "x-envoy-upstream-rq-timeout-ms",
  "x-request-id",
];

function framings(host: string): Record<string, string> {
  const post = (...lines: string[]) => `POST /exact HTTP/1.1\r\nhost: ${host}\r\n${lines.join("\r\n")}`;
  const smuggled = `GET /token HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
  return {
    "CL.TE": post("content-length: 6", "transfer-encoding: chunked", "", `0\r\n\r\nG${smuggled}`),
    "TE.CL": post("transfer-encoding: chunked", "content-length: 4", "", `5c\r\n${smuggled}\r\n0\r\n\r\n`),
    "TE.TE": post("transfer-encoding: chunked", "transfer-encoding: identity", "", `0\r\n\r\n${smuggled}`),
    "TE with other coding": post("transfer-encoding: xchunked", "", `0\r\n\r\n${smuggled}`),
    "TE gzip": post("transfer-encoding: gzip, chunked", "", `0\r\n\r\n${smuggled}`),
    "TE with vertical tab": post("transfer-encoding:\u000bchunked", "", `0\r\n\r\n${smuggled}`),
    "space before colon": post("transfer-encoding : chunked", "", `0\r\n\r\n${smuggled}`),
    "two lengths": post("content-length: 0", "content-length: 5", "", "hello"),
    "list of lengths": post("content-length: 5, 5", "", "hello"),
    "signed length": post("content-length: +5", "", "hello"),
    "negative length": post("content-length: -1", "", "hello"),
    "hexadecimal length": post("content-length: 0x5", "", "hello"),
    "huge length": post("content-length: 99999999999999999999", "", "hello"),
    "chunk size with sign": post("transfer-encoding: chunked", "", "+5\r\nhello\r\n0\r\n\r\n"),
    "chunk size without digits": post("transfer-encoding: chunked", "", "zz\r\nhello\r\n0\r\n\r\n"),
    "huge chunk": post("transfer-encoding: chunked", "", "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"),
    "NUL in a header": post("x-nul: a\u0000b", "content-length: 0", "", ""),
    "two hosts": `GET /exact HTTP/1.1\r\nhost: ${host}\r\nhost: other.test\r\n\r\n`,
    "no host": "GET /exact HTTP/1.1\r\n\r\n",
    "HTTP/1.0": `GET /exact HTTP/1.0\r\nhost: ${host}\r\n\r\n`,
    "HTTP/0.9": "GET /exact\r\n",
    "odd version": `GET /exact HTTP/9.9\r\nhost: ${host}\r\n\r\n`,
    "control character in the method": `GE\u0001T /exact HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
    CONNECT: `CONNECT ${host}:443 HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
  };
}
