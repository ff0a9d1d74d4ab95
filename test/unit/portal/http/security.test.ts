import assert from "node:assert/strict";
import { request } from "node:http";
import { parseNetwork } from "../../../../portal/http/client-address.ts";
import { ALL, startPortal, type TestPortal, token } from "./support.ts";

/** Signs a browser in. @returns its cookie and the session's token */
async function browser(portal: TestPortal, as: Parameters<typeof token>[0] = ALL.as): Promise<{ cookie: string; csrf: string }> {
  const signedIn = await portal.fetch(`/sign-in?token=${token(as)}`);
  assert.equal(signedIn.status, 303);
  const cookie = (signedIn.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
  const { csrfToken } = (await (await portal.fetch("/api/v1/session", { headers: { cookie } })).json()) as { csrfToken: string };
  return { cookie, csrf: csrfToken };
}

/** A GET with any Host, which fetch does not allow. */
const withHost = (portal: TestPortal, host: string, path = "/api/v1/openapi.json") =>
  new Promise<number>((resolve, reject) => {
    const call = request(new URL(path, portal.url), { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.once("error", reject).end();
  });

describe("the portal's protection in HTTP", () => {
  let portal: TestPortal;
  before(async () => {
    portal = await startPortal();
  });
  after(() => portal.close());

  it("every answer has the headers, and a new nonce", async () => {
    const nonces = new Set<string>();
    for (const [path, init] of [
      ["/api/v1/stacks", ALL],
      ["/api/v1/stacks", {}],
      ["/nothing", {}],
      ["/signed-out", {}],
      ["/healthz", {}],
    ] as const) {
      const { headers } = await portal.fetch(path, init);
      const policy = headers.get("content-security-policy") ?? "";
      nonces.add(/'nonce-([^']+)'/.exec(policy)?.[1] ?? "");
      assert.match(policy, /^default-src 'none'; script-src 'self' 'nonce-[\w+/=-]{16,}'; style-src 'self' 'nonce-/);
      assert.match(policy, /frame-ancestors 'self'/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-frame-options"), "SAMEORIGIN");
      assert.equal(headers.get("referrer-policy"), "same-origin");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.get("access-control-allow-origin"), null);
      assert.equal(headers.get("x-powered-by"), null);
      assert.equal(headers.get("strict-transport-security"), null);
    }
    assert.equal(nonces.size, 5);
  });

  it("says to stay with HTTPS where browsers reach it by HTTPS", async () => {
    const secure = await startPortal({ url: new URL("https://gateways.example.com") });
    try {
      const answer = await secure.fetch("/healthz");
      assert.match(answer.headers.get("strict-transport-security") ?? "", /max-age=31536000/);
    } finally {
      await secure.close();
    }
  });

  it("answers to its own names only, so that no other page's name leads to it", async () => {
    assert.equal(await withHost(portal, new URL(portal.url).host), 200);
    assert.equal(await withHost(portal, "evil.example.com"), 421);
    assert.equal(await withHost(portal, "127.0.0.1:1"), 421);
    assert.equal(await withHost(portal, "10.0.0.7", "/healthz"), 200);
  });

  it("the session's cookie is for this host only, by HTTPS or loopback only, and for no script", async () => {
    const signedIn = await portal.fetch(`/sign-in?token=${token(["viewer"])}`);
    assert.match(
      signedIn.headers.getSetCookie()[0] ?? "",
      /^__Host-portal-session=[\w-]{43}; Max-Age=28800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    assert.equal(portal.sessions.kept.size >= 1, true);
  });

  describe("changes by cookie", () => {
    const change = (headers: Readonly<Record<string, string | undefined>>) =>
      portal.fetch("/api/v1/stacks/shop-dev/check", { method: "POST", json: { text: "x" }, headers: headers as Record<string, string> });
    let cookie: string;
    let csrf: string;
    before(async () => {
      ({ cookie, csrf } = await browser(portal));
    });
    const own = () => ({ "sec-fetch-site": "same-origin", origin: portal.url });

    it("are done from the portal's own pages with the session's token", async () => {
      assert.equal((await change({ cookie, ...own(), "x-csrf-token": csrf })).status, 200);
      assert.equal((await change({ cookie, origin: portal.url, "x-csrf-token": csrf })).status, 200);
    });
    it("are refused without the token, or with another session's", async () => {
      const other = await browser(portal, ["viewer"]);
      for (const headers of [undefined, { "x-csrf-token": "" }, { "x-csrf-token": other.csrf }, { "x-csrf-token": `${csrf}x` }]) {
        const answer = await change({ cookie, ...own(), ...headers });
        assert.equal(answer.status, 403);
        assert.equal(((await answer.json()) as { detail: string }).detail, "The request does not carry this session's token.");
      }
    });
    it("are refused from other pages, and from nowhere", async () => {
      for (const headers of [
        { "sec-fetch-site": "cross-site", origin: "https://evil.example.com" },
        { "sec-fetch-site": "same-site", origin: portal.url },
        { "sec-fetch-site": "none" },
        { origin: "null" },
        { origin: portal.url.replace("http", "https") },
        {},
      ])
        assert.equal((await change({ cookie, ...headers, "x-csrf-token": csrf })).status, 403, JSON.stringify(headers));
    });
    it("need no token with an access token, which no browser adds by itself", async () => {
      assert.equal((await change({ authorization: `Bearer ${token(["requester"])}` })).status, 200);
    });
    it("take the token from a form as well", async () => {
      const body = (value: string) => new URLSearchParams({ csrf: value });
      const send = (value: string) => portal.fetch("/sign-out", { method: "POST", body: body(value), headers: { cookie, ...own() } });
      assert.equal((await send("wrong")).status, 403);
      assert.equal((await send(csrf)).status, 303);
      assert.equal((await portal.fetch("/api/v1/session", { headers: { cookie } })).status, 401);
    });
  });

  it("ends sessions that were idle, and old ones though they are used", async () => {
    let now = Date.parse("2026-11-21T12:00:00Z");
    const timed = await startPortal({ now: () => now });
    try {
      const signIn = async () =>
        ((await timed.fetch(`/sign-in?token=${token(["viewer"])}`)).headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
      const status = async (cookie: string) => (await timed.fetch("/api/v1/session", { headers: { cookie } })).status;
      const idle = await signIn();
      now += 29 * 60_000;
      assert.equal(await status(idle), 200);
      now += 29 * 60_000;
      assert.equal(await status(idle), 200);
      now += 30 * 60_000;
      assert.equal(await status(idle), 401);
      assert.equal(timed.sessions.kept.size, 0);
      const used = await signIn();
      for (let minutes = 0; minutes < 8 * 60 - 20; minutes += 20) {
        now += 20 * 60_000;
        assert.equal(await status(used), 200);
      }
      now += 20 * 60_000;
      assert.equal(await status(used), 401);
    } finally {
      await timed.close();
    }
  });

  it("takes no forged session, role or identity from the request", async () => {
    const forged: Record<string, string>[] = [
      { cookie: "__Host-portal-session=admin" },
      { cookie: `__Host-portal-session=${"A".repeat(43)}` },
      { cookie: `portal-session=${[...portal.sessions.kept.keys()][0]}` },
      { "x-forwarded-user": "admin", "x-roles": "admin", "x-forwarded-for": "127.0.0.1" },
      { authorization: "Basic YWRtaW46YWRtaW4=" },
      { authorization: "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJhZG1pbiJdfQ." },
      { authorization: "Bearer" },
    ];
    for (const headers of forged) assert.equal((await portal.fetch("/api/v1/audit", { headers })).status, 401, JSON.stringify(headers));
    const { cookie } = await browser(portal, ["viewer"]);
    assert.equal((await portal.fetch("/api/v1/audit?roles=admin", { headers: { cookie, "x-roles": "admin" } })).status, 403);
  });

  it("counts requests, and says when to go on", async () => {
    const limited = await startPortal({ rates: { reads: 3, changes: 1, strangers: 2, attempts: 2 } });
    try {
      const read = async () => (await limited.fetch("/api/v1/stacks", { as: ["viewer"] })).status;
      assert.deepEqual([await read(), await read(), await read()], [200, 200, 200]);
      const stopped = await limited.fetch("/api/v1/stacks", { as: ["viewer"] });
      assert.equal(stopped.status, 429);
      const seconds = Number(stopped.headers.get("retry-after"));
      assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
      assert.equal(((await stopped.json()) as { remedy: string }).remedy, `go on in ${seconds} seconds`);
      // Others go on: another caller, and the same one's changes.
      assert.equal((await limited.fetch("/api/v1/stacks", ALL)).status, 200);
      assert.deepEqual(await inTurn(3, async () => (await limited.fetch("/api/v1/openapi.json")).status), [200, 200, 429]);
      assert.deepEqual(
        await inTurn(3, async () => (await limited.fetch("/api/v1/stacks", { headers: { authorization: "Bearer wrong" } })).status),
        [401, 401, 429],
      );
    } finally {
      await limited.close();
    }
  });

  it("believes a trusted proxy about the client's address, and nobody else", async () => {
    const proxied = await startPortal({ trustedProxies: [parseNetwork("127.0.0.0/8")] });
    try {
      await proxied.fetch("/api/v1/stacks", { ...ALL, headers: { "x-forwarded-for": "203.0.113.9, 198.51.100.7" } });
      assert.equal(proxied.service.actors.at(-1)?.from, "198.51.100.7");
      await portal.fetch("/api/v1/stacks", { ...ALL, headers: { "x-forwarded-for": "203.0.113.9" } });
      assert.equal(portal.service.actors.at(-1)?.from, "127.0.0.1");
    } finally {
      await proxied.close();
    }
  });
});

async function inTurn<T>(times: number, call: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let count = 0; count < times; count += 1) answers.push(await call());
  return answers;
}
