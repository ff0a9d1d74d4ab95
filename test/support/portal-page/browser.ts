import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { browserEnvironment } from "../../../tools/setup/browser.ts";
import { cacheFolder } from "../../../tools/setup/packages.mjs";

/** Where systems keep a Chromium of their own. */
const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser, or why there is none on this machine. `GATEWAY_CHROMIUM` names the program to use. */
export async function openBrowser(): Promise<Browser | string> {
  const given = process.env.GATEWAY_CHROMIUM;
  const program = given ?? INSTALLED.find((path) => existsSync(path)) ?? (await packaged());
  if (program === undefined)
    return `no Chromium on this machine (${process.platform} ${process.arch}); install one, or name it with GATEWAY_CHROMIUM`;
  // The sandbox needs rights that containers do not give; the pages are our own.
  return chromium.launch({ executablePath: program, headless: true, chromiumSandbox: false, args: FLAGS, env: browserEnvironment() });
}

/** The one of the package, unpacked once into the cache: for Linux on x64. */
async function packaged(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const folder = join(cacheFolder(), "chromium");
  mkdirSync(folder, { recursive: true });
  // The package unpacks into the folder for temporary files.
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const { default: bundled } = await import("@sparticuz/chromium");
    return await bundled.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
