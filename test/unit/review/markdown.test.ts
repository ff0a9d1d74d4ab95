import assert from "node:assert/strict";
import { escapeMarkdown, planMarkdown } from "../../../automation/plan/markdown/document.ts";
import { CONTROLS, type ControlId } from "../../../components/backends/controls.ts";
import { BASE, planLocally, planOfStack, reviewed } from "./support.ts";

describe("a plan in Markdown", function () {
  this.timeout(30_000);

  for (const stack of ["aws-prod", "gcp-prod", "local"])
    it(`names every route, control, finding and resource of stack ${stack}`, async () => {
      const planned = await planOfStack(stack);
      const text = planMarkdown(reviewed(planned));
      for (const { name, path } of planned.model.routes)
        assert.ok(text.includes(`| ${escapeMarkdown(name)} |`) && text.includes(escapeMarkdown(path.text)), name);
      for (const { control, how } of planned.plan.controls)
        assert.ok(text.includes(escapeMarkdown(CONTROLS[control as ControlId])) && text.includes(escapeMarkdown(how)), control);
      for (const { message } of planned.plan.findings) assert.ok(text.includes(escapeMarkdown(message)), message);
      for (const { name, type } of planned.plan.resources.filter((one) => !one.type.startsWith("secure-gateway:")))
        assert.ok(text.includes(`| ${escapeMarkdown(name)} | ${escapeMarkdown(type)} |`), name);
    });

  it("keeps every row on one line with the columns of its head", async () => {
    const lines = planMarkdown(reviewed(await planOfStack("aws-prod"))).split("\n");
    let columns = 0;
    for (const line of lines) {
      if (!line.startsWith("|")) columns = 0;
      else if (columns === 0) columns = line.split("|").length;
      else assert.equal(line.split("|").length, columns, line);
    }
  });

  it("holds hostile text as text", async () => {
    const hostile = "x | y <script> [a](https://evil.example) @team **bold** `code`\n# head ![i](b)";
    const document = {
      ...BASE,
      backends: { orders: { url: "https://orders.shop.example.com", tls: { trust: "unverified", reason: hostile } } },
    };
    const text = planMarkdown(reviewed(await planLocally(document)));
    assert.ok(text.includes(escapeMarkdown(hostile)));
    assert.equal(/<script|https:\/\/evil|@team|\n# head/.test(text), false);
  });

  it("escapes what Markdown reads", () => {
    assert.equal(escapeMarkdown("a|b"), "a&#124;b");
    assert.equal(escapeMarkdown("[x](http://y)"), "\\[x\\](http&#58;//y)");
    assert.equal(escapeMarkdown("@all\n* <b> & `c` _d_ www.e"), "&#64;all \\* &lt;b&gt; &amp; \\`c\\` \\_d\\_ www&#46;e");
  });

  it("stays short enough for a comment, and says what is left out", async () => {
    const routes = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `route-${index}`,
        { path: `/orders/${index}`, methods: ["GET"], backend: "orders", public: true },
      ]),
    );
    const text = planMarkdown(reviewed(await planLocally({ ...BASE, routes })));
    assert.ok(text.length < 65_536, `${text.length} characters`);
    assert.ok(text.endsWith("1 part is too long for a comment; `gateway plan --html` shows everything.\n"));
    assert.ok(text.includes("### Findings"));
  });
});
