import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { readSettings } from "../../../../portal/settings.ts";
import { type RunningPortal, servePortal } from "../../../../portal/start.ts";
import { freePorts } from "../../../support/live/ports.ts";
import { MemoryService } from "../http/memory-service.ts";
import { MemoryAnswers, MemorySessions } from "../http/support.ts";
import { Browser, CLIENT, IdentityProvider } from "./provider.ts";

const RATES = { reads: 10_000, changes: 10_000, strangers: 10_000, attempts: 10_000 };

describe("signing in to the portal by OpenID Connect", () => {
  let provider: IdentityProvider;
  let portal: RunningPortal;
  let sessions: MemorySessions;
  let service: MemoryService;
  let address: string;
  const log: string[] = [];

  async function serve(port: number, environment: Record<string, string> = {}): Promise<RunningPortal> {
    const credentials = `${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}@`;
    const settings = readSettings(
      { port: String(port) },
      { GATEWAY_PORTAL_OIDC: provider.issuer.replace("//", `//${credentials}`), GATEWAY_PORTAL_STACKS_CLAIM: "stacks", ...environment },
    );
    sessions = new MemorySessions();
    service = new MemoryService();
    return servePortal(async () => ({ service, sessions, answers: new MemoryAnswers() }), {
      settings,
      version: "0.0.0",
      log: (line) => log.push(line),
      announce: () => assert.fail("no token signs in"),
      rates: RATES,
    });
  }

  before(async () => {
    const [port = 0] = await freePorts(1);
    address = `http://127.0.0.1:${port}`;
    provider = await IdentityProvider.start(address);
    provider.people.set("anna", { name: "Anna Approver", roles: ["approver", "something-else"], stacks: ["shop-*"] });
    provider.people.set("nemo", { name: "Nemo" });
    portal = await serve(port);
  });
  after(async () => {
    await portal.close();
    await provider.stop();
  });

  /** A browser that has come back from the provider, but not been let in yet. */
  async function returned(id: string, path = "/sign-in"): Promise<{ browser: Browser; back: URL }> {
    const browser = new Browser();
    const begun = await browser.open(`${address}${path}`);
    assert.equal(begun.status, 302);
    const back = await browser.signInAs(provider, id, new URL(begun.headers.get("location") ?? ""));
    assert.equal(`${back.origin}${back.pathname}`, `${address}/sign-in/callback`);
    return { browser, back };
  }
  const whoIs = async (browser: Browser) => {
    const answer = await browser.open(`${address}/api/v1/session`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it("asks for a code with PKCE, state and nonce", async () => {
    const begun = await new Browser().open(`${address}/sign-in`);
    const to = new URL(begun.headers.get("location") ?? "");
    assert.equal(to.origin, provider.issuer);
    const asked = Object.fromEntries(to.searchParams);
    assert.deepEqual(Object.keys(asked).sort(), [
      "client_id",
      "code_challenge",
      "code_challenge_method",
      "nonce",
      "redirect_uri",
      "response_type",
      "scope",
      "state",
    ]);
    assert.deepEqual(
      [asked.response_type, asked.code_challenge_method, asked.redirect_uri],
      ["code", "S256", `${address}/sign-in/callback`],
    );
    const cookie = begun.headers.getSetCookie()[0] ?? "";
    assert.match(cookie, /^__Host-portal-sign-in=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  it("opens a session with the roles and stacks of the claims, and goes where somebody wanted to go", async () => {
    const { browser, back } = await returned("anna", "/sign-in?returnTo=/stacks/shop-dev");
    const inside = await browser.open(back);
    assert.equal(inside.status, 303);
    assert.equal(inside.headers.get("location"), "/stacks/shop-dev");
    const { body } = await whoIs(browser);
    assert.equal(body.id, `${provider.issuer}#anna`);
    assert.deepEqual([body.name, body.roles, body.stacks], ["Anna Approver", ["approver"], ["shop-*"]]);
    await browser.open(`${address}/api/v1/stacks`);
    assert.deepEqual(service.actors.at(-1), {
      id: `${provider.issuer}#anna`,
      name: "Anna Approver",
      roles: ["approver"],
      stacks: ["shop-*"],
      from: "127.0.0.1",
    });
  });

  it("gives a new session's number each time, and ends the one before", async () => {
    const { browser, back } = await returned("anna");
    await browser.open(address); // makes the jar of the host
    browser.setCookie(new URL(address).host, "__Host-portal-session", "A".repeat(43));
    await browser.open(back);
    const first = browser.cookie(new URL(address).host, "__Host-portal-session") ?? "";
    assert.notEqual(first, "A".repeat(43));
    assert.ok(sessions.kept.has(first));
    const again = await browser.open(`${address}/sign-in?returnTo=/x`);
    assert.equal(again.headers.get("location"), "/x", "somebody who is signed in need not sign in");
  });

  it("lets nobody in without a role", async () => {
    const { browser, back } = await returned("nemo");
    const answer = await browser.open(back);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /Nemo is known to the identity provider, but has no role in this portal\./);
    assert.equal((await whoIs(browser)).status, 401);
  });

  it("refuses an answer with another state, of another browser, or that was used before", async () => {
    const { browser, back } = await returned("anna");
    const other = await new Browser().open(back);
    assert.equal(other.status, 401);
    assert.match(await other.text(), /This browser has not begun to sign in here/);
    const forged = new URL(back);
    forged.searchParams.set("state", "another");
    assert.equal((await browser.open(forged)).status, 401);
    // The forged attempt has used up what the browser had begun.
    assert.equal((await browser.open(back)).status, 401);
    const honest = await returned("anna");
    assert.equal((await honest.browser.open(honest.back)).status, 303);
    assert.equal((await honest.browser.open(honest.back)).status, 401);
  });

  it("refuses a code that was begun with another nonce or verifier", async () => {
    for (const part of ["nonce", "verifier"]) {
      const { browser, back } = await returned("anna");
      const host = new URL(address).host;
      const begun = JSON.parse(Buffer.from(browser.cookie(host, "__Host-portal-sign-in") ?? "", "base64url").toString());
      browser.setCookie(
        host,
        "__Host-portal-sign-in",
        Buffer.from(JSON.stringify({ ...begun, [part]: "x".repeat(43) })).toString("base64url"),
      );
      const answer = await browser.open(back);
      assert.equal(answer.status, 401, part);
      assert.doesNotMatch(await answer.text(), /\bat .*\.(ts|js):\d+/);
    }
  });

  it("refuses what the provider refuses", async () => {
    const browser = new Browser();
    const begun = new URL((await browser.open(`${address}/sign-in`)).headers.get("location") ?? "");
    const answer = await browser.open(
      `${address}/sign-in/callback?error=access_denied&state=${begun.searchParams.get("state")}&iss=${provider.issuer}`,
    );
    assert.equal(answer.status, 401);
  });

  it("goes back to paths of its own only", async () => {
    for (const elsewhere of [
      "https://evil.example.com/",
      "//evil.example.com",
      "/\\evil.example.com",
      "javascript:alert(1)",
      "/\t/evil.example.com",
    ]) {
      const { browser, back } = await returned("anna", `/sign-in?returnTo=${encodeURIComponent(elsewhere)}`);
      assert.equal((await browser.open(back)).headers.get("location"), "/", elsewhere);
    }
  });

  it("signs out here, and says where to sign out at the provider", async () => {
    const { browser, back } = await returned("anna");
    await browser.open(back);
    const number = browser.cookie(new URL(address).host, "__Host-portal-session") ?? "";
    const { csrfToken } = (await whoIs(browser)).body;
    const out = await browser.open(`${address}/sign-out`, {
      method: "POST",
      headers: { origin: address },
      body: new URLSearchParams({ csrf: String(csrfToken) }),
    });
    assert.equal(out.status, 303);
    assert.equal(sessions.kept.has(number), false);
    assert.equal((await whoIs(browser)).status, 401);
    const page = await (await browser.open(`${address}/signed-out`)).text();
    assert.match(page, new RegExp(`href="${provider.issuer}/session/end\\?client_id=portal&amp;post_logout_redirect_uri=`));
  });

  describe("access tokens of API clients", () => {
    const call = (token: string, path = "/api/v1/session") => fetch(`${address}${path}`, { headers: { authorization: `Bearer ${token}` } });
    async function clientToken(resource = address): Promise<string> {
      const answer = await fetch(`${provider.issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa("pipeline:pipeline-secret")}` },
        body: new URLSearchParams({ grant_type: "client_credentials", resource }),
      });
      return ((await answer.json()) as { access_token: string }).access_token;
    }

    it("are accepted when the issuer made them for this portal", async () => {
      const answer = await call(await clientToken());
      assert.equal(answer.status, 200);
      const body = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual(body, { id: `${provider.issuer}#pipeline`, name: "pipeline", roles: ["requester"], stacks: [] });
    });

    it("are refused when made for somebody else, changed, unsigned, of another key or issuer, or expired", async () => {
      assert.equal((await call(await clientToken("https://other.example.com"))).status, 401);
      const good = await clientToken();
      const [head = "", body = "", signature = ""] = good.split(".");
      const claims = JSON.parse(Buffer.from(body, "base64url").toString());
      const admin = Buffer.from(JSON.stringify({ ...claims, roles: ["admin"] })).toString("base64url");
      const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
      const { privateKey, publicKey } = await generateKeyPair("RS256");
      const { kid } = JSON.parse(Buffer.from(head, "base64url").toString());
      const sign = (more: object) =>
        new SignJWT({ ...claims, roles: ["admin"], ...more }).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
      const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
      const bad = {
        "changed claims": `${head}.${admin}.${signature}`,
        "no algorithm": `${none}.${admin}.`,
        "another key": await sign({}),
        "a shared secret": await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid }).sign(secret),
        "another issuer": await sign({ iss: "https://evil.example.com" }),
        expired: await sign({ exp: 1 }),
        "no token": "x",
      };
      for (const [what, token] of Object.entries(bad)) {
        const answer = await call(token);
        assert.equal(answer.status, 401, what);
        assert.equal(answer.headers.get("www-authenticate"), 'Bearer error="invalid_token"');
      }
    });

    it("are not ID tokens: those were made for a browser's sign-in", async () => {
      const { browser, back } = await returned("anna");
      const begun = JSON.parse(Buffer.from(browser.cookie(new URL(address).host, "__Host-portal-sign-in") ?? "", "base64url").toString());
      const answer = await fetch(`${provider.issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}` },
        body: new URLSearchParams({
          grant_type: "authorization_code",
          code: back.searchParams.get("code") ?? "",
          redirect_uri: `${address}/sign-in/callback`,
          code_verifier: begun.verifier,
        }),
      });
      const { id_token } = (await answer.json()) as { id_token: string };
      assert.equal(JSON.parse(Buffer.from(id_token.split(".")[1] ?? "", "base64url").toString()).aud, CLIENT.id);
      assert.equal((await call(id_token)).status, 401);
    });
  });

  it("starts without the provider, says 503 as long as it is away, and goes on when it is back", async () => {
    const [port = 0, elsewhere = 0] = await freePorts(2);
    const own = await serve(port, { GATEWAY_PORTAL_OIDC: `http://portal:secret@127.0.0.1:${elsewhere}` });
    try {
      const away = await fetch(`${own.url.origin}/sign-in`, { redirect: "manual" });
      assert.equal(away.status, 503);
      assert.equal(away.headers.get("retry-after"), "10");
      assert.equal(
        ((await away.json()) as { detail: string }).detail,
        `The identity provider http://127.0.0.1:${elsewhere} does not answer.`,
      );
      const token = await fetch(`${own.url.origin}/api/v1/session`, { headers: { authorization: "Bearer a.b.c" } });
      assert.equal(token.status, 503);
      assert.equal((await fetch(`${own.url.origin}/healthz`)).status, 200);
    } finally {
      await own.close();
    }
    await pause(0);
    assert.equal((await fetch(`${address}/sign-in`, { redirect: "manual" })).status, 302);
  });
});
