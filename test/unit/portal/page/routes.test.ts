import assert from "node:assert/strict";
import { createPortalApp } from "../../../../portal/http/app.ts";
import { loadAssets } from "../../../../portal/page/assets.ts";
import { portalPages } from "../../../../portal/page/index.ts";
import { Refusal, type Role } from "../../../../portal/service.ts";
import { Sessions } from "../../../../portal/sign-in/sessions.ts";
import { PortalDouble } from "../../../support/portal-page/double.ts";
import { MemoryAnswers, MemorySessions, NamedSignIn } from "../http/support.ts";

const ORIGIN = "http://127.0.0.1:8700";

/** The pages as a handler of requests, and somebody who is signed in. */
async function open(service = new PortalDouble(), roles: readonly Role[] = ["viewer", "requester", "approver", "admin"]) {
  const sessions = new Sessions(new MemorySessions());
  const log: string[] = [];
  const { app } = createPortalApp({
    service,
    sessions,
    signIn: new NamedSignIn(),
    answers: new MemoryAnswers(),
    url: new URL(ORIGIN),
    pages: portalPages(),
    version: "test",
    log: (line) => log.push(line),
    stopping: new AbortController().signal,
  });
  const { number, session } = await sessions.open({ id: "i#s", name: "Robin Ray", roles, stacks: ["*"] });
  const headers = {
    cookie: `__Host-portal-session=${number}`,
    host: "127.0.0.1:8700",
    accept: "text/html",
    "sec-fetch-site": "same-origin",
  };
  const get = (path: string, more: Record<string, string> = {}) => app.request(`${ORIGIN}${path}`, { headers: { ...headers, ...more } });
  const post = (path: string, fields: Record<string, string>) =>
    app.request(`${ORIGIN}${path}`, {
      method: "POST",
      headers: { ...headers, origin: ORIGIN, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ csrf: session.csrfToken, ...fields }).toString(),
    });
  return { app, service, get, post, log };
}

const PAGES = [
  "/stacks",
  "/stacks/new",
  "/stacks/shop",
  "/stacks/shop/document",
  "/stacks/shop/document?version=2",
  "/stacks/shop/certificates",
  "/stacks/shop/history",
  "/stacks/shop/settings",
  "/stacks/shop/destroy",
  "/plans/plan-waiting",
  "/plans/plan-applied",
  "/operations/2d5f0000-running",
  "/operations/3e6f0000-verify",
  "/audit",
];

describe("the portal's pages", () => {
  it("are there, each with one heading, under a policy that lets nothing in from elsewhere", async () => {
    const { get } = await open();
    for (const path of PAGES) {
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
      assert.equal(answer.headers.get("cache-control"), "no-store");
      const policy = answer.headers.get("content-security-policy") ?? "";
      const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? assert.fail(policy);
      const text = await answer.text();
      assert.ok(text.includes(`<script type="importmap" nonce="${nonce}">`), path);
      assert.equal(text.match(/<h1>/g)?.length, 1, path);
      assert.doesNotMatch(text, /\s(style|on\w+)="/, path);
      assert.doesNotMatch(text, /(src|href|action)="(https?:)?\/\//, path);
    }
  });

  it("lead a stranger to the sign-in and back", async () => {
    const { app } = await open();
    for (const path of PAGES) {
      const answer = await app.request(`${ORIGIN}${path}`, { headers: { host: "127.0.0.1:8700", accept: "text/html" } });
      assert.equal(answer.status, 302, path);
      assert.match(answer.headers.get("location") ?? "", /^\/sign-in\?returnTo=%2F/);
    }
  });

  it("say in a page what is not there", async () => {
    const { get } = await open();
    const answer = await get("/stacks/none");
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /There is no none/);
  });

  it("show those who only read nothing to press", async () => {
    const { get } = await open(new PortalDouble(), ["viewer"]);
    for (const path of PAGES.filter((page) => !/new|destroy/.test(page)))
      assert.doesNotMatch(await (await get(path)).text(), /<form|<button/, path);
  });

  it("show requesters no review, approvers no document to write, admins neither", async () => {
    const admin = await open(new PortalDouble(), ["admin"]);
    assert.doesNotMatch(await (await admin.get("/stacks/shop")).text(), /<form/);
    const requester = await open(new PortalDouble(), ["requester"]);
    assert.doesNotMatch(await (await requester.get("/plans/plan-waiting")).text(), /Approve/);
    const approver = await open(new PortalDouble(), ["approver"]);
    assert.match(await (await approver.get("/plans/plan-waiting")).text(), /Approve/);
    assert.doesNotMatch(await (await approver.get("/stacks/shop/document")).text(), /<button/);
  });

  it("show the plan's own page in a frame that may do nothing", async () => {
    const { get } = await open();
    const answer = await get("/plans/plan-waiting/page");
    assert.equal(
      answer.headers.get("content-security-policy"),
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups",
    );
    assert.equal(await answer.text(), "<!doctype html><title>Plan</title><p>The whole plan.</p>");
  });

  it("flag what a plan weakens, in words", async () => {
    const { get } = await open();
    const text = await (await get("/plans/plan-waiting")).text();
    const rows = [...text.matchAll(/<tr class="weakened"><th scope="row">([^<]+)</g)].map(([, name]) => name);
    assert.deepEqual(rows, ["authentication", "minimum TLS version"]);
    assert.match(text, /<tr class="weakened">.*?<span class="tag bad">weakened<\/span>/s);
    assert.match(text, /2 weakened/);
  });
});

describe("forms of the portal's pages", () => {
  it("ask the service for what was typed", async () => {
    const { service, post } = await open();
    const cases = [
      ["/stacks/shop/document", { text: "name: a\r\nhostname: b", version: "3", do: "save" }, "/stacks/shop/document?saved"],
      ["/stacks/shop/plans", { kind: "up" }, "/plans/plan-waiting"],
      ["/plans/plan-waiting/review", { verdict: "approved", comment: "fine", digest: "d" }, "/plans/plan-waiting"],
      ["/plans/plan-ready/apply", {}, "/operations/2d5f0000-running"],
      ["/stacks/shop/operations", { kind: "verify" }, "/operations/2d5f0000-running"],
      ["/stacks/shop/operations", { kind: "rotate", what: "root", clientsReady: "yes" }, "/operations/2d5f0000-running"],
      ["/operations/2d5f0000-running/cancel", {}, "/operations/2d5f0000-running"],
      ["/stacks/shop/secrets", { name: "key", value: "v" }, "/stacks/shop/settings"],
      ["/stacks/shop/four-eyes", { on: "no" }, "/stacks/shop/settings"],
    ] as const;
    for (const [path, fields, next] of cases) {
      const answer = await post(path, fields);
      assert.deepEqual([answer.status, answer.headers.get("location")], [303, next], path);
    }
    assert.deepEqual(service.calls, [
      ["saveDocument", "shop", "name: a\nhostname: b", 3],
      ["requestPlan", "shop", "up"],
      ["review", "plan-waiting", "approved", "fine", "d"],
      ["apply", "plan-ready"],
      ["start", "shop", "verify", {}],
      ["start", "shop", "rotate", { what: "root", clientsReady: true }],
      ["cancel", "2d5f0000-running"],
      ["setSecret", "shop", "key", "v"],
      ["setFourEyes", "shop", false],
    ]);
  });

  it("destroy nothing without the stack's name", async () => {
    const { service, post } = await open();
    for (const confirm of ["", "Shop", "shop ", "billing"]) {
      const planned = await post("/stacks/shop/plans", { kind: "destroy", confirm });
      assert.equal(planned.status, 422);
      assert.match(await planned.text(), /is not the name of the stack/);
      assert.equal((await post("/plans/plan-destroy/apply", { confirm })).status, 409);
    }
    assert.deepEqual(service.calls, []);
    assert.equal((await post("/stacks/shop/plans", { kind: "destroy", confirm: "shop" })).headers.get("location"), "/plans/plan-destroy");
    assert.equal((await post("/plans/plan-destroy/apply", { confirm: "shop" })).status, 303);
  });

  it("keep what was typed when somebody else has saved since", async () => {
    const { post } = await open();
    await post("/stacks/shop/document", { text: "name: theirs", version: "3", do: "save" });
    const answer = await post("/stacks/shop/document", { text: "name: mine", version: "3", do: "save" });
    assert.equal(answer.status, 409);
    const text = await answer.text();
    assert.match(text, /Not saved: Robin Ray has saved version 4 since/);
    assert.match(text, /name: mine<\/textarea>/);
    assert.match(text, /name="version" value="4"/);
  });

  it("keep what was typed for a new stack that is refused", async () => {
    const { post } = await open();
    const answer = await post("/stacks", { name: "shop", cloud: "gcp", document: "name: <mine>" });
    assert.equal(answer.status, 422);
    const text = await answer.text();
    assert.match(text, /there is a stack shop already: take another name\./);
    assert.match(text, /name: &lt;mine&gt;<\/textarea>/);
    assert.match(text, /<option selected>gcp</);
  });

  it("check without scripts", async () => {
    const { service, post } = await open();
    const answer = await post("/stacks/shop/document", {
      text: "name: shop\nhostname: shop.example.com\nroutes: { a: { path: x } }\n",
      version: "3",
      do: "check",
    });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /<code>routes\.a\.path<\/code><br><span class="soft">line 3<\/span>/);
    assert.deepEqual(service.calls, []);
  });

  it("check for the editor, with places and what would be made", async () => {
    const { service, post } = await open();
    const bad = (await (await post("/stacks/shop/document/check", { text: "name: Shop\n" })).json()) as {
      faults: { path: string; line: number; column: number }[];
    };
    assert.deepEqual(
      bad.faults.filter(({ path }) => path === "name").map(({ line, column }) => [line, column]),
      [[1, 1]],
    );
    const good = (await (await post("/stacks/shop/document/check", { text: (await service.document()).text })).json()) as {
      faults: unknown[];
      draft: string;
    };
    assert.deepEqual(good.faults, []);
    assert.match(good.draft, /<svg .*aria-label="The way of a request/);
    assert.match(good.draft, /every hop verified/);
  });

  it("do what was clicked twice once, also at the same moment", async () => {
    const { service, post } = await open();
    const answers = await Promise.all([1, 2, 3].map(() => post("/plans/plan-ready/apply", { once: "number-1" })));
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers.get("location")]),
      Array(3).fill([303, "/operations/2d5f0000-running"]),
    );
    assert.equal(service.calls.length, 1);
    await post("/plans/plan-ready/apply", { once: "number-2" });
    assert.equal(service.calls.length, 2);
  });

  it("can be sent again after a refusal", async () => {
    const service = new PortalDouble();
    let refusals = 1;
    const { apply } = PortalDouble.prototype;
    service.apply = (actor, plan) => {
      if (refusals-- > 0) throw new Refusal("stale", "the document has changed", "plan again");
      return apply.call(service, actor, plan);
    };
    const { post } = await open(service);
    const refused = await post("/plans/plan-ready/apply", { once: "n" });
    assert.equal(refused.status, 409);
    assert.match(await refused.text(), /the document has changed: plan again\./);
    assert.equal((await post("/plans/plan-ready/apply", { once: "n" })).status, 303);
  });

  it("take no word that is not offered", async () => {
    const { service, post } = await open();
    for (const [path, fields] of [
      ["/stacks/shop/plans", { kind: "nuke" }],
      ["/stacks/shop/operations", { kind: "up" }],
      ["/plans/plan-waiting/review", { verdict: "maybe" }],
      ["/stacks/shop/four-eyes", { on: "" }],
      ["/stacks/shop/document", { do: "eval" }],
    ] as const) {
      const answer = await post(path, fields);
      assert.ok([409, 422].includes(answer.status), `${path} ${answer.status}`);
    }
    assert.deepEqual(service.calls, []);
  });
});

describe("files of the portal's pages", () => {
  it("are served for ever under addresses that change with them, and nothing else is", async () => {
    const { get } = await open();
    const { style, importMap, module } = loadAssets();
    const { imports } = JSON.parse(importMap) as { imports: Record<string, string> };
    for (const path of [style, module("editor"), module("live"), module("forms"), ...Object.values(imports)]) {
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      assert.match(answer.headers.get("content-type") ?? "", path === style ? /^text\/css/ : /^text\/javascript/);
    }
    const base = style.slice(0, style.lastIndexOf("/"));
    for (const path of [
      `${base}/own/portal/service.ts`,
      `${base}/own/..%2f..%2fpackage.json`,
      `${base}/../package.json`,
      "/assets/old/style.css",
      "/assets/",
    ])
      assert.equal((await get(path)).status, 404, path);
  });

  it("import nothing that is not served", async () => {
    const { find, importMap, module } = loadAssets();
    const { imports } = JSON.parse(importMap) as { imports: Record<string, string> };
    const seen = new Set<string>();
    const visit = (path: string) => {
      if (seen.has(path)) return;
      seen.add(path);
      const { content } = find(path) ?? assert.fail(`${path} is imported and not served`);
      for (const [, name = ""] of content.matchAll(/^(?:import|export)\b[^'";]*?from\s*['"]([^'"]+)['"]/gm))
        visit(
          name.startsWith(".")
            ? new URL(name, `http://x${path}`).pathname
            : (imports[name] ?? assert.fail(`${name} is not in the import map`)),
        );
    };
    for (const name of ["editor", "live", "forms"]) visit(module(name));
    assert.ok(seen.size > 20);
  });
});
