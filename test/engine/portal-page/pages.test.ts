import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { openBrowser } from "../../support/portal-page/browser.ts";
import { PortalDouble } from "../../support/portal-page/double.ts";
import { DOCUMENT } from "../../support/portal-page/sample.ts";
import { type ServedPages, servePages } from "../../support/portal-page/serve.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PAGES = [
  "/stacks",
  "/stacks/new",
  "/stacks/shop",
  "/stacks/shop/document",
  "/stacks/shop/certificates",
  "/stacks/shop/history",
  "/stacks/shop/settings",
  "/stacks/shop/destroy",
  "/plans/plan-waiting",
  "/plans/plan-applied",
  "/plans/plan-destroy",
  "/plans/plan-refused",
  "/operations/2d5f0000-running",
  "/operations/3e6f0000-verify",
  "/operations/0b3f0000-failed",
  "/audit",
  "/nothing-here",
] as const;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

describe("the portal's pages in a browser", function () {
  this.timeout(90_000);
  let browser: Browser;
  let served: ServedPages;
  let service: PortalDouble;
  let signedIn: BrowserContext;
  /** What the browser complained about: blocked by the policy, errors in scripts. */
  const complaints: string[] = [];

  before(async function () {
    const opened = await openBrowser();
    if (typeof opened === "string") {
      console.log(`      skipped: ${opened}`);
      this.skip();
    }
    browser = opened;
    service = new PortalDouble();
    served = await servePages(service);
    signedIn = await browser.newContext();
    const page = await signedIn.newPage();
    await page.goto(served.signInUrl());
    assert.equal(new URL(page.url()).pathname, "/stacks");
    await page.close();
  });

  after(async () => {
    await browser?.close();
    await served?.portal.close();
  });

  /** A page of its own with the session of the one that signed in. */
  async function visit(path: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ ...options, storageState: await signedIn.storageState() });
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => complaints.push(`${path}: ${message}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of 40[04]/.test(message.text())) complaints.push(`${path}: ${message.text()}`);
    });
    await page.goto(new URL(path, served.portal.url).href);
    return page;
  }

  const leave = (page: Page) => page.context().close();

  /** Everything axe finds against WCAG 2.2 AA, or against some rules of it. */
  async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
    // Into the page by the debugger, not as a script element: the pages' policy stays as it is.
    if (rules === undefined) await page.evaluate(AXE);
    const only = rules ?? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations: found } = await page.evaluate<{ violations: readonly Violation[] }>(
      `axe.run({ runOnly: ${JSON.stringify({ type: rules === undefined ? "tag" : "rule", values: only })} })`,
    );
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ""}`),
    );
  }

  it("meet WCAG 2.2 AA, in light and dark", async () => {
    const found: string[] = [];
    const check = async (page: Page, path: string) => {
      await page.emulateMedia({ colorScheme: "light" });
      await page.goto(new URL(path, served.portal.url).href);
      if (path.endsWith("/document") || path.endsWith("/new")) await page.waitForSelector(".cm-content");
      for (const violation of await violations(page)) found.push(`${path} ${violation}`);
      // The dark page differs in its colours only.
      await page.emulateMedia({ colorScheme: "dark" });
      for (const violation of await violations(page, ["color-contrast"])) found.push(`${path} in dark ${violation}`);
    };
    const page = await visit("/stacks", { reducedMotion: "reduce" });
    for (const path of PAGES) await check(page, path);
    await leave(page);
    const stranger = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    for (const path of ["/sign-in", "/signed-out"]) await check(stranger, path);
    await leave(stranger);
    assert.deepEqual(found, []);
  });

  it("would show what is against it", async () => {
    const page = await visit("/stacks");
    await page.evaluate('document.querySelector("main").insertAdjacentHTML("beforeend", "<img src=\'/x\'><input>")');
    const ids = (await violations(page)).map((violation) => violation.slice(0, violation.indexOf(":")));
    assert.deepEqual(ids.sort(), ["image-alt", "label"]);
    await page.evaluate('Object.assign(document.querySelector("h1").style, { color: "#888", background: "#999" })');
    assert.match((await violations(page, ["color-contrast"])).join(), /^color-contrast: <h1/);
    await leave(page);
  });

  it("fit a phone: nothing but pictures scrolls sideways", async () => {
    const page = await visit("/stacks", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    for (const path of PAGES) {
      await page.goto(new URL(path, served.portal.url).href);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(Number(width) <= 360, `${path} is ${width} wide`);
    }
    await leave(page);
  });

  it("show faults in place while somebody types, and the picture when there are none", async () => {
    const page = await visit("/stacks/shop/document");
    await page.waitForSelector("#draft svg");
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("  broken: { path: /x, methods: [GET], backend: nowhere, public: true }\n", { delay: 1 });
    const fault = page.locator(".cm-lintRange-error");
    await fault.first().waitFor();
    assert.equal(await fault.first().textContent(), "backend");
    await page.locator("#faults .tag.bad").waitFor();
    assert.match((await page.locator("#faults").textContent()) ?? "", /routes\.broken\.backend/);
    // The text area has what the editor has, for the form.
    assert.match(await page.locator("textarea[name=text]").inputValue(), /broken: \{ path: \/x/);
    await clear(page);
    await page.keyboard.insertText(DOCUMENT);
    await page.locator("#faults .tag.good").waitFor();
    await page.locator("#draft svg").waitFor();
    await leave(page);
  });

  it("complete fields and values from the schema, and say what a field means", async () => {
    const page = await visit("/stacks/shop/document");
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("  more: { pa");
    const choice = page.locator(".cm-tooltip-autocomplete li[aria-selected]");
    await choice.waitFor();
    assert.match((await choice.textContent()) ?? "", /^path/);
    // Enter right after the list has come would be taken for typing.
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    await page.keyboard.type("/more, backend: ");
    await page.keyboard.press("Control+Space");
    await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
    assert.deepEqual(await page.locator(".cm-tooltip-autocomplete .cm-completionLabel").allTextContents(), ["catalog", "orders"]);
    await page.keyboard.press("Escape");
    assert.match(await page.locator("textarea[name=text]").inputValue(), /more: \{ path: \/more, backend: /);
    await page.locator(".cm-content").getByText("hostname", { exact: true }).hover();
    await page.locator(".meaning").waitFor();
    assert.match((await page.locator(".meaning").textContent()) ?? "", /^hostnameThe public host name, the only one served\./);
    await leave(page);
  });

  it("work by keyboard: to the content, through the editor, to the plan", async () => {
    const page = await visit("/stacks/shop/document");
    await page.waitForSelector(".cm-content");
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "To the content");
    await page.keyboard.press("Enter");
    const order: string[] = [];
    for (let count = 0; count < 12 && order.at(-1) !== "Save and plan"; count++) {
      await page.keyboard.press("Tab");
      order.push(await focused(page));
    }
    assert.deepEqual(order, [
      "Stacks",
      "shop",
      "Overview",
      "Document",
      "Certificates",
      "History",
      "Settings",
      "editor",
      "Save",
      "Check",
      "Save and plan",
    ]);
    const before = service.calls.length;
    await page.keyboard.press("Enter");
    await page.waitForURL("**/plans/plan-waiting");
    assert.deepEqual(service.calls.slice(before), [["requestPlan", "shop", "up"]]);
    await leave(page);
  });

  it("destroy only by the stack's name", async () => {
    const page = await visit("/stacks/shop/destroy");
    const before = service.calls.length;
    await page.getByLabel("Type the name of the stack to confirm").fill("shap");
    await page.getByRole("button", { name: "Plan to destroy" }).click();
    assert.equal(await page.evaluate('document.querySelector("#confirm").validity.patternMismatch'), true);
    assert.equal(service.calls.length, before);
    await page.getByLabel("Type the name of the stack to confirm").fill("shop");
    await page.getByRole("button", { name: "Plan to destroy" }).click();
    await page.waitForURL("**/plans/plan-destroy");
    assert.deepEqual(service.calls.slice(before), [["requestPlan", "shop", "destroy"]]);
    await leave(page);
  });

  it("work without scripts", async () => {
    const page = await visit("/stacks/shop/document", { javaScriptEnabled: false });
    assert.equal(await page.locator(".cm-content").count(), 0);
    await page.locator("textarea[name=text]").fill("name: Shop\n");
    await page.getByRole("button", { name: "Check", exact: true }).click();
    assert.match((await page.locator("#faults").textContent()) ?? "", /name.*line 1/);
    assert.equal(await page.locator("textarea[name=text]").inputValue(), "name: Shop\n");
    await page.goto(new URL("/operations/2d5f0000-running", served.portal.url).href);
    assert.match((await page.locator("#progress").textContent()) ?? "", /1 of 3 changes done; 1 failed; 1 unchanged/);
    await leave(page);
  });

  it("take no text for elements, in the browser's own reading either", async () => {
    const hostile = "\"><img src=x onerror='window.hit = 1'></textarea><script>window.hit = 1</script>";
    const text = `# ${hostile}\nname: "${hostile.replaceAll('"', '\\"')}"\n`;
    const page = await visit("/stacks/shop/document");
    await page.locator(".cm-content").focus();
    await clear(page);
    await page.keyboard.insertText(text);
    await page.locator("#faults .tag.bad").waitFor();
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.waitForSelector(".cm-content");
    assert.equal(await page.locator("textarea[name=text]").inputValue(), text);
    assert.equal(await page.evaluate("window.hit"), undefined);
    assert.equal(await page.locator("main img").count(), 0);
    await leave(page);
  });

  it("have made the browser complain about nothing", () => assert.deepEqual(complaints, []));

  it("have made the portal fail nowhere", () => assert.deepEqual(served.log, []));
});

/** Empties the editor as somebody would. Text put over selected lines makes the browser itself style it, which the policy stops and the console notes. */
async function clear(page: Page): Promise<void> {
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
}

/** What has the focus, by what people call it. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    'document.activeElement.classList.contains("cm-content") ? "editor" : document.activeElement.id === "content" ? "content" : document.activeElement.textContent.trim()',
  );
