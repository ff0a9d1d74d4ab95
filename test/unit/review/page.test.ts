import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { escapeHtml } from "../../../automation/plan/html/markup.ts";
import { planPage } from "../../../automation/plan/html/page.ts";
import { CONTROLS, type ControlId } from "../../../components/backends/controls.ts";
import { BASE, type Planned, planLocally, planOfStack, reviewed } from "./support.ts";

const HOSTILE = `<script>alert(1)</script> "><img src=x onerror='alert(2)'> & </style> https://evil.example`;

/** Elements of a page in order, as a reader of HTML sees them; fails when they are not nested well. */
function elements(page: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const markup = page.replace(/^<!doctype html>/, "").replace(/<style>[\s\S]*?<\/style>/, "<style></style>");
  for (const [, slash, name = "", rest = ""] of markup.matchAll(/<(\/?)([a-z0-9]+)((?:[^<>"]|"[^"]*")*)>/g)) {
    if (slash === "/") assert.equal(open.pop(), name);
    else {
      names.push(name);
      if (!["meta", "br", "rect"].includes(name) && !rest.endsWith("/")) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  assert.equal(markup.replace(/<\/?[a-z0-9]+(?:[^<>"]|"[^"]*")*>/g, "").includes("<"), false, "a stray <");
  return names;
}

for (const stack of ["aws-prod", "aws-onprem", "azure-prod", "gcp-prod", "local"]) {
  describe(`the page of stack ${stack}`, function () {
    this.timeout(30_000);
    let planned: Planned;
    let page: string;
    before(async () => {
      planned = await planOfStack(stack);
      page = planPage(reviewed(planned));
    });

    it("shows every route with its path", () => {
      assert.ok(planned.model.routes.length > 0);
      for (const { name, path } of planned.model.routes)
        assert.ok(page.includes(`<td>${escapeHtml(name)}</td>`) && page.includes(`<code>${escapeHtml(path.text)}</code>`), name);
    });

    it("shows every control with how and by what it is enforced", () => {
      for (const { control, how, resources } of planned.plan.controls) {
        assert.ok(page.includes(escapeHtml(CONTROLS[control as ControlId])), control);
        assert.ok(page.includes(escapeHtml(how)), `${control}: ${how}`);
        for (const resource of resources) assert.ok(page.includes(`<code>${escapeHtml(resource)}</code>`), resource);
      }
    });

    it("shows every finding and what to do", () => {
      for (const { message, remedy } of planned.plan.findings)
        assert.ok(page.includes(escapeHtml(message)) && page.includes(escapeHtml(remedy)), message);
    });

    it("shows every resource once, by concern", () => {
      const own = planned.plan.resources.filter(({ type }) => !type.startsWith("secure-gateway:"));
      const shown = reviewed(planned).resources.flatMap(({ resources }) => resources);
      assert.deepEqual(new Set(shown), new Set(own));
      assert.equal(shown.length, own.length);
      for (const { type } of own) assert.ok(page.includes(`<code>${escapeHtml(type)}</code>`), type);
    });

    it("draws every backend and what its hop verifies", () => {
      for (const { name, host } of Object.values(planned.model.backends)) {
        assert.ok(page.includes(`<text class="title"`) && page.includes(`>${escapeHtml(name)}</text>`), name);
        assert.ok(page.includes(escapeHtml(host)));
      }
      const { hops, stations } = reviewed(planned).picture;
      assert.equal(hops.filter(({ to }) => to.startsWith("backend ")).length, Object.keys(planned.model.backends).length);
      for (const { resources, from, to } of hops) assert.ok(resources.length > 0, `${from} to ${to} is enforced by nothing`);
      assert.equal(
        stations.some(({ kind }) => kind === "edge"),
        ["aws-prod", "azure-prod", "gcp-prod"].includes(stack),
      );
    });

    it("is well formed, and asks nobody for anything", () => {
      const names = elements(page);
      for (const name of ["script", "img", "link", "iframe", "object", "form", "image", "use", "foreignobject"])
        assert.equal(names.includes(name), false, name);
      assert.equal(/\s(src|srcset|style|on[a-z]+)=/.test(page), false);
      assert.deepEqual(
        [...page.matchAll(/href="([^"]*)"/g)].filter(([, target]) => !target?.startsWith("#")),
        [],
      );
      assert.equal(/url\(|@import/.test(page), false);
    });

    it("allows its own style sheet and nothing else", () => {
      const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
      const hash = createHash("sha256").update(style).digest("base64");
      assert.ok(
        page.includes(
          `content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
        ),
      );
    });
  });
}

describe("the page of a hostile document", () => {
  const document = {
    ...BASE,
    jwt: {
      providers: {
        login: {
          issuer: HOSTILE,
          audiences: [HOSTILE],
          jwksUri: "https://login.shop.example.com/jwks",
          scopes: ["<script>alert(3)</script>"],
        },
      },
    },
    backends: { orders: { url: "https://orders.shop.example.com", tls: { trust: "unverified", reason: HOSTILE } } },
    routes: {
      list: {
        path: "/orders/&'x",
        methods: ["GET"],
        backend: "orders",
        summary: HOSTILE,
        require: [{ jwt: "login", scopes: ["<script>alert(3)</script>"], claims: { role: [HOSTILE] } }],
      },
    },
  };

  it("holds what was written as text", async () => {
    const page = planPage(reviewed(await planLocally(document), { document: `${HOSTILE}.yaml` }));
    const names = elements(page);
    assert.equal(names.includes("script") || names.includes("img"), false);
    assert.equal(names.filter((name) => name === "style").length, 1);
    for (const text of [HOSTILE, `${HOSTILE}.yaml`, "<script>alert(3)</script>", "/orders/&'x"])
      assert.ok(page.includes(escapeHtml(text)), text);
    assert.ok(page.includes('<span class="tag warning">not verified</span>'));
    assert.ok(page.includes('<path class="weak"'));
  });

  it("turns control characters into something HTML allows", () => {
    assert.equal(escapeHtml("a\u0000b\u001bc\nd"), "a\ufffdb\ufffdc\nd");
    assert.equal(escapeHtml(`<&>"'`), "&lt;&amp;&gt;&quot;&#39;");
  });
});

describe("the picture", () => {
  it("leads private backends over a private line, public ones not", async () => {
    const { picture } = reviewed(await planOfStack("aws-onprem"));
    assert.deepEqual(
      picture.stations.map(({ kind }) => kind),
      ["client", "gateway", "bridge", "backend", "backend"],
    );
    assert.deepEqual(
      picture.hops.map(({ from, to, weak }) => ({ from, to, weak })),
      [
        { from: "client", to: "gateway", weak: false },
        { from: "bridge", to: "backend catalog", weak: true },
        { from: "bridge", to: "backend orders", weak: true },
      ],
    );
  });

  it("says how client and server prove themselves", async () => {
    const { picture } = reviewed(await planLocally(BASE));
    assert.deepEqual(picture.hops, [
      {
        from: "client",
        to: "gateway",
        protocol: "HTTPS, TLS 1.2+; port 80 redirects",
        server: "certificate of its own authority",
        client: "as each route requires",
        weak: false,
        resources: picture.hops[0]?.resources,
      },
      {
        from: "gateway",
        to: "backend orders",
        protocol: "HTTPS",
        server: "verified as orders.shop.example.com against the public roots",
        client: "shows no certificate",
        weak: false,
        resources: picture.hops[1]?.resources,
      },
    ]);
  });
});
