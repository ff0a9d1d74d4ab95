import assert from "node:assert/strict";
import { html } from "hono/html";
import type { PortalPages } from "../../../../portal/http/app.ts";
import { actorOf } from "../../../../portal/http/environment.ts";
import { guard, READERS } from "../../../../portal/http/route.ts";
import { startPortal, type TestPortal, token } from "./support.ts";

const pages: PortalPages = {
  mount(app, { service }) {
    app.get("/stacks/:stack", guard(READERS), async (c) => {
      const { name } = await service.stack(actorOf(c), c.req.param("stack") ?? "");
      return c.html(html`<script nonce="${c.get("secureHeadersNonce")}">1</script><p>${name}</p><p>${c.var.session?.csrfToken}</p>`);
    });
    app.post("/stacks/:stack/plan", guard(["requester"]), async (c) => {
      const { id } = await service.requestPlan(actorOf(c), c.req.param("stack") ?? "", "up");
      return c.redirect(`/plans/${id}`, 303);
    });
  },
  problem: (c, problem) => c.html(html`<h1>${problem.title}</h1><p>${problem.message}</p>`, problem.status),
};

describe("pages of the portal", () => {
  let portal: TestPortal;
  before(async () => {
    portal = await startPortal({ pages });
  });
  after(() => portal.close());
  const browser = { accept: "text/html,application/xhtml+xml" };
  const signIn = async (...roles: Parameters<typeof token>[0]) =>
    ((await portal.fetch(`/sign-in?token=${token(roles)}`)).headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";

  it("send those who are not signed in to sign in, and back", async () => {
    const answer = await portal.fetch("/stacks/shop-dev", { headers: browser });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("location"), "/sign-in?returnTo=%2Fstacks%2Fshop-dev");
    assert.equal((await portal.fetch("/stacks/shop-dev")).status, 401);
  });

  it("have a nonce and the session's token", async () => {
    const answer = await portal.fetch("/stacks/shop-dev", { headers: { ...browser, cookie: await signIn("viewer") } });
    const text = await answer.text();
    const nonce = /nonce="([^"]+)"/.exec(text)?.[1] ?? "";
    assert.ok(answer.headers.get("content-security-policy")?.includes(`'nonce-${nonce}'`));
    assert.match(text, /<p>shop-dev<\/p><p>[\w-]{43}<\/p>/);
  });

  it("show problems to browsers as pages, escaped", async () => {
    const cookie = await signIn("viewer");
    const answer = await portal.fetch("/stacks/%3Cb%3E", { headers: { ...browser, cookie } });
    assert.equal(answer.status, 404);
    assert.equal(await answer.text(), "<h1>Not found</h1><p>There is no stack &quot;&lt;b&gt;&quot;</p>");
  });

  it("change something only with the token, and for the roles they name", async () => {
    const send = async (role: "requester" | "viewer", more: Record<string, string> = {}) => {
      const cookie = await signIn(role);
      const { csrfToken } = (await (await portal.fetch("/api/v1/session", { headers: { cookie } })).json()) as { csrfToken: string };
      const init = { method: "POST", headers: { ...browser, cookie, origin: portal.url } };
      return portal.fetch("/stacks/shop-dev/plan", { ...init, body: new URLSearchParams({ csrf: csrfToken, ...more }) });
    };
    const done = await send("requester");
    assert.equal(done.status, 303);
    assert.match(done.headers.get("location") ?? "", /^\/plans\/plan-\d+$/);
    const before = portal.service.calls.length;
    assert.equal((await send("requester", { csrf: "" })).status, 403);
    const refused = await send("viewer");
    assert.equal(refused.status, 403);
    assert.equal(await refused.text(), "<h1>Not allowed</h1><p>This takes the role requester; viewer has viewer.</p>");
    assert.equal(portal.service.calls.length, before);
  });
});
