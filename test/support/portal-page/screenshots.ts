import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "./browser.ts";
import { PortalDouble } from "./double.ts";
import { NOW } from "./sample.ts";
import { servePages } from "./serve.ts";

const PAGES = {
  stacks: "/stacks",
  stack: "/stacks/shop",
  document: "/stacks/shop/document",
  plan: "/plans/plan-waiting",
  operation: "/operations/2d5f0000-running",
  verify: "/operations/3e6f0000-verify",
  certificates: "/stacks/shop/certificates",
  history: "/stacks/shop/history",
  settings: "/stacks/shop/settings",
  destroy: "/stacks/shop/destroy",
  audit: "/audit",
} as const;

/** Pages that are also shown as a phone shows them. */
const ON_A_PHONE: readonly string[] = ["stacks", "plan", "document"];

/** Pictures of every page in light and dark, with made-up data. @returns the names of the files written @throws Error without a browser */
export async function takeScreenshots(folder: string): Promise<string[]> {
  const browser = await openBrowser();
  if (typeof browser === "string") throw new Error(browser);
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  const served = await servePages(new PortalDouble());
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      await page.clock.setFixedTime(NOW);
      const shoot = async (name: string) => {
        await page.evaluate("document.activeElement?.blur()");
        files.push(`${name}-${colorScheme}.png`);
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true });
      };
      await page.goto(new URL("/sign-in", served.portal.url).href);
      await shoot("sign-in");
      await page.goto(served.signInUrl());
      const visit = async (name: string, path: string) => {
        await page.goto(new URL(path, served.portal.url).href);
        if (name === "document") await page.locator("#draft svg").waitFor();
        if (name === "document") await page.locator(".cm-content").waitFor();
        await page.waitForLoadState("load");
        await page.waitForTimeout(300);
      };
      for (const [name, path] of Object.entries(PAGES)) {
        await visit(name, path);
        await shoot(name);
      }
      await page.setViewportSize({ width: 390, height: 800 });
      for (const name of ON_A_PHONE) {
        await visit(name, PAGES[name as keyof typeof PAGES]);
        await shoot(`${name}-phone`);
      }
      await context.close();
    }
  } finally {
    await browser.close();
    await served.portal.close();
  }
  return files;
}
