import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../../support/portal-page/browser.ts";
import { localDocument, PortalProject } from "./lab.ts";

/** A step may take so long on a machine that does much else. Milliseconds. */
const PATIENCE = 120_000;

describe("the portal in a browser, from sign-in to destruction of a gateway on this machine", function () {
  this.timeout(5 * PATIENCE);
  let project: PortalProject;
  let browser: Browser;
  let page: Page;
  let text: string;
  const complaints: string[] = [];

  before(async function () {
    const opened = await openBrowser();
    if (typeof opened === "string") {
      console.log(`      skipped: ${opened}`);
      this.skip();
    }
    browser = opened;
    project = new PortalProject();
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    text = await localDocument();
  });

  after(async () => {
    await browser?.close();
    // The stack itself is destroyed by the last step; what a failed one has left ends here.
    await project?.close();
  });

  const fact = async (name: string) => ((await page.locator(`dl.facts div:has(dt:text-is("${name}")) dd`).textContent()) ?? "").trim();

  async function write(document: string): Promise<void> {
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await page.keyboard.insertText(document);
  }

  /** Waits for the page that says that an operation has ended. @returns its state, and the line that sums it up */
  async function ended(): Promise<readonly [string, string]> {
    await page.waitForURL("**/operations/*");
    await page.locator("#progress:not([data-events])").waitFor();
    const line = ((await page.locator("#said").textContent()) ?? "").trim();
    return [await fact("State"), line];
  }

  async function deploy(): Promise<void> {
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.waitForURL("**/operations/*");
  }

  it("signs in by the address that was printed, once", async () => {
    const { signIn } = await project.opened;
    await page.goto(signIn);
    assert.equal(new URL(page.url()).pathname, "/stacks");
    assert.equal(new URL(page.url()).search, "", "the token is gone from the address");
    const stranger = await (await browser.newContext()).newPage();
    assert.equal((await stranger.goto(signIn))?.status(), 401);
    await stranger.context().close();
  });

  it("takes a document with a fault, and shows the fault in its place", async () => {
    await page.getByRole("link", { name: "New stack" }).click();
    await page.getByLabel("Name").fill("lab");
    await page.locator(".cm-content").waitFor();
    await write(text.replace("name: lab\n", "name: Lab\n"));
    await page.getByRole("button", { name: "Create stack" }).click();
    await page.waitForURL("**/stacks/lab/document");
    await page.locator("#faults .tag.bad").waitFor();
    assert.equal(await page.locator(".cm-lintRange-error").first().textContent(), "name");
    assert.match((await page.locator("#faults").textContent()) ?? "", /name.*line 1/);
    await write(text);
    await page.locator("#faults .tag.good").waitFor();
    await page.locator("#draft svg").waitFor();
  });

  it("plans it", async () => {
    await page.getByRole("button", { name: "Save and plan" }).click();
    await page.waitForURL("**/plans/*");
    assert.deepEqual([await fact("State"), await fact("Controls")], ["ready", "none weakened"]);
    assert.match((await page.locator("h2#resources + p.facts").textContent()) ?? "", /^\d+ create\s*$/);
  });

  it("deploys it with live progress, which goes on after a reload", async () => {
    await deploy();
    await page.locator("#progress .tag.busy", { hasText: "creating" }).first().waitFor();
    await page.reload();
    await page.locator("#progress tbody tr").nth(3).waitFor();
    const [state, line] = await ended();
    assert.equal(state, "succeeded");
    assert.match(line, /^(\d+) of \1 changes done$/);
    assert.equal(await page.locator("#progress tr", { hasText: "lab-host" }).count(), 1);
    // What the page shows is what is stored, event by event.
    const { pathname } = new URL(page.url());
    const stream = await page.request.get(new URL(`/api/v1${pathname}/events`, page.url()).href);
    const ids = [...(await stream.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    assert.deepEqual(
      ids,
      ids.map((_, index) => index + 1),
    );
    assert.ok(ids.length > 10);
  });

  it("verifies it: every probe passes", async () => {
    await page.getByRole("button", { name: "Verify" }).click();
    const [state, line] = await ended();
    assert.equal(state, "succeeded", line);
    const [, passed = "0"] = /^\d+ probes: (\d+) passed, 0 failed, \d+ skipped$/.exec(line) ?? assert.fail(line);
    assert.ok(Number(passed) > 100, line);
    assert.equal(await page.locator("#progress .tag.good", { hasText: "passed" }).count(), Number(passed));
  });

  it("shows its certificates, and rotates them", async () => {
    await page.getByRole("link", { name: "To the stack" }).click();
    await page.getByRole("link", { name: "Rotate…" }).click();
    assert.ok((await page.locator(".timeline rect.good").count()) >= 3);
    await page.getByRole("button", { name: "Rotate" }).click();
    const [state, line] = await ended();
    assert.equal(state, "succeeded", `${line} ${(await page.locator(".problem").allTextContents()).join()}`);
    assert.match(line, /^(\d+) of \1 changes done/);
  });

  it("flags a control that a change weakens, and deploys it only when somebody has approved it", async () => {
    await page.getByRole("link", { name: "To the stack" }).click();
    await page.getByRole("link", { name: "Document", exact: true }).click();
    await page.locator(".cm-content").waitFor();
    const open = text.replace(/ {4}require:\n(?: {5,}.*\n)+/, "    public: true\n");
    assert.notEqual(open, text);
    await write(open);
    await page.getByRole("button", { name: "Save and plan" }).click();
    await page.waitForURL("**/plans/*");
    assert.equal(await fact("State"), "waiting for approval");
    const weakened = await page.locator("tr.weakened").allTextContents();
    assert.ok(
      weakened.some((row) => /echo-token/.test(row) && /weakened/.test(row)),
      weakened.join("\n"),
    );
    assert.equal(await page.getByRole("button", { name: "Deploy" }).count(), 0);
    await page.getByLabel("Comment").fill("open for the fair <b>only</b>");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator("#apply").waitFor();
    assert.match((await page.locator("main").textContent()) ?? "", /open for the fair <b>only<\/b>/);
    await deploy();
    assert.equal((await ended())[0], "succeeded");
  });

  it("destroys it by its name", async () => {
    await page.getByRole("link", { name: "To the stack" }).click();
    await page.getByRole("link", { name: "Destroy…" }).click();
    await page.locator("#confirm").fill("lab");
    await page.getByRole("button", { name: "Plan to destroy" }).click();
    await page.waitForURL("**/plans/*");
    const approve = page.getByRole("button", { name: "Approve" });
    if ((await approve.count()) > 0) {
      await approve.click();
      await page.locator("#apply").waitFor();
    }
    await page.locator("#confirm").fill("lab");
    await page.getByRole("button", { name: "Destroy lab" }).click();
    assert.equal((await ended())[0], "succeeded");
    await page.goto(new URL("/stacks", page.url()).href);
    assert.match((await page.locator("tbody tr").textContent()) ?? "", /lab.*destroyed/s);
  });

  it("has written down who did what", async () => {
    await page.getByRole("link", { name: "Audit" }).click();
    const rows = await page.locator("tbody tr").allTextContents();
    assert.ok(rows.length >= 10);
    assert.ok(
      rows.every((row) => /UTClocal127\.0\.0\.1|UTCportalitself/.test(row)),
      rows.join("\n"),
    );
    for (const deed of [/stack\.create/, /plan\.request/, /destroy|apply/])
      assert.ok(
        rows.some((row) => deed.test(row)),
        String(deed),
      );
  });

  it("has made the browser complain about nothing", () => assert.deepEqual(complaints, []));

  it("stops when it is told, and has nothing to say of itself", async () => {
    assert.equal(await project.close(), 0);
    assert.doesNotMatch(project.notes, /"error"/);
  });
});
