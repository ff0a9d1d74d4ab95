import assert from "node:assert/strict";
import { html } from "hono/html";
import type { PortalPages } from "../../../../portal/http/app.ts";
import { actorOf } from "../../../../portal/http/environment.ts";
import { csrfField, once, onceField, pageAccess } from "../../../../portal/http/pages.ts";
import { MemoryAnswers, startPortal, type TestPortal, token } from "./support.ts";

const pages: PortalPages = {
  mount(app, { service, answers }) {
    app.get("/stacks/:stack", pageAccess("viewer", "admin"), async (c) => {
      const { name } = await service.stack(actorOf(c), c.req.param("stack") ?? "");
      return c.html(
        html`<script nonce="${c.get("secureHeadersNonce")}">1</script><p>${name}</p><form>${csrfField(c)}${onceField()}</form>`,
      );
    });
    app.post("/stacks/:stack/plan", pageAccess("admin"), (c) =>
      once(c, answers, async () => `/plans/${(await service.requestPlan(actorOf(c), c.req.param("stack") ?? "", "up")).id}`),
    );
  },
  problem: (c, problem) => c.html(html`<h1>${problem.title}</h1><p>${problem.message}</p>`, problem.status),
};

describe("pages of the portal", () => {
  let portal: TestPortal;
  before(async () => {
    portal = await startPortal({ pages, answers: new MemoryAnswers() });
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

  it("have nonce, actor and the forms' fields", async () => {
    const answer = await portal.fetch("/stacks/shop-dev", { headers: { ...browser, cookie: await signIn("viewer") } });
    const text = await answer.text();
    const nonce = /nonce="([^"]+)"/.exec(text)?.[1] ?? "";
    assert.ok(answer.headers.get("content-security-policy")?.includes(`'nonce-${nonce}'`));
    assert.match(
      text,
      /<p>shop-dev<\/p><form><input type="hidden" name="csrf" value="[\w-]{43}"><input type="hidden" name="once" value="[\w-]{36}">/,
    );
  });

  it("show problems to browsers as pages, escaped", async () => {
    const cookie = await signIn("viewer");
    const answer = await portal.fetch("/stacks/%3Cb%3E", { headers: { ...browser, cookie } });
    assert.equal(answer.status, 404);
    assert.equal(await answer.text(), "<h1>Not found</h1><p>There is no stack &quot;&lt;b&gt;&quot;</p>");
  });

  it("do a form that is sent twice once", async () => {
    const cookie = await signIn("admin");
    const text = await (await portal.fetch("/stacks/shop-dev", { headers: { ...browser, cookie } })).text();
    const [csrf = "", number = ""] = [/name="csrf" value="([^"]+)"/, /name="once" value="([^"]+)"/].map((field) => field.exec(text)?.[1]);
    const send = (fields: Record<string, string>) =>
      portal.fetch("/stacks/shop-dev/plan", {
        method: "POST",
        headers: { ...browser, cookie, origin: portal.url },
        body: new URLSearchParams(fields),
      });
    const before = portal.service.calls.length;
    const first = await send({ csrf, once: number });
    const second = await send({ csrf, once: number });
    assert.equal(first.status, 303);
    assert.match(first.headers.get("location") ?? "", /^\/plans\/plan-\d+$/);
    assert.equal(second.headers.get("location"), first.headers.get("location"));
    assert.deepEqual(portal.service.calls.slice(before), ["requestPlan shop-dev up"]);
    assert.equal((await send({ once: number })).status, 403);
    assert.notEqual((await send({ csrf, once: `${number}-2` })).headers.get("location"), first.headers.get("location"));
  });
});
