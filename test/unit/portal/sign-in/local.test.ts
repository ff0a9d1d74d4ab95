import assert from "node:assert/strict";
import { readSettings } from "../../../../portal/settings.ts";
import { type RunningPortal, servePortal } from "../../../../portal/start.ts";
import { MemoryService } from "../http/memory-service.ts";
import { MemoryAnswers, MemorySessions } from "../http/support.ts";

describe("signing in to a portal on loopback", () => {
  const announced: string[] = [];
  let portal: RunningPortal;
  beforeEach(async () => {
    announced.length = 0;
    portal = await servePortal(
      async () => ({ service: new MemoryService(), sessions: new MemorySessions(), answers: new MemoryAnswers() }),
      { settings: readSettings({ port: "0" }, {}), version: "0.0.0", log: () => {}, announce: (url) => announced.push(url) },
    );
  });
  afterEach(() => portal.close());
  const open = (path: string, init: RequestInit = {}) => fetch(new URL(path, portal.url), { redirect: "manual", ...init });

  it("takes the printed address once, and prints the next", async () => {
    assert.equal(announced.length, 1);
    assert.match(announced[0] ?? "", /^http:\/\/127\.0\.0\.1:\d+\/sign-in\?token=[\w-]{32}$/);
    const first = await open(announced[0] ?? "");
    assert.equal(first.status, 303);
    assert.equal(first.headers.get("location"), "/");
    const cookie = (first.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
    const who = (await (await open("/api/v1/session", { headers: { cookie } })).json()) as Record<string, unknown>;
    assert.deepEqual([who.id, who.roles, who.stacks], ["local", ["viewer", "requester", "approver", "admin"], ["*"]]);
    const second = await open(announced[0] ?? "");
    assert.equal(second.status, 401);
    assert.equal(((await second.json()) as { detail: string }).detail, "This token does not sign in: it is wrong, or was used before.");
    assert.equal(announced.length, 2);
    assert.equal((await open(announced[1] ?? "")).status, 303);
  });

  it("takes the token from the form as well", async () => {
    const page = await open("/sign-in?returnTo=/stacks/x", { headers: { accept: "text/html" } });
    assert.match(await page.text(), /<input type="hidden" name="returnTo" value="\/stacks\/x">/);
    const token = new URL(announced[0] ?? "").searchParams.get("token") ?? "";
    const send = (origin: string) =>
      open("/sign-in", { method: "POST", headers: { origin }, body: new URLSearchParams({ token, returnTo: "/stacks/x" }) });
    assert.equal((await send("https://evil.example.com")).status, 403);
    const signedIn = await send(portal.url.origin);
    assert.equal(signedIn.status, 303);
    assert.equal(signedIn.headers.get("location"), "/stacks/x");
  });

  it("refuses guesses, and soon stops listening to them", async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 25; guess += 1) statuses.push((await open(`/sign-in?token=guess-${guess}`)).status);
    assert.deepEqual(statuses, [...Array(20).fill(401), ...Array(5).fill(429)]);
    assert.equal(announced.length, 1);
  });

  it("takes the API token of this start from programs", async () => {
    const call = (token: string | undefined) => open("/api/v1/stacks", { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await call(portal.apiToken)).status, 200);
    assert.equal((await call("wrong")).status, 401);
    assert.equal((await call(new URL(announced[0] ?? "").searchParams.get("token") ?? "")).status, 401, "the browser's token is not one");
  });

  it("has no way back from an identity provider", async () => {
    assert.equal((await open("/sign-in/callback?code=x")).status, 404);
  });
});
