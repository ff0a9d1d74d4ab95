import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { browserEnvironment } from "../setup/browser.ts";

/** Debian's place for it; CHROMIUM names another one. */
export const browser = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  [env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((file) => file !== undefined && existsSync(file));

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The document of the pictures on each cloud: the same one, as the project's stacks lay it out. */
export const STACKS = { aws: "aws-dev", azure: "azure-dev", gcp: "gcp-dev", local: "local" } as const;

/**
 * Pictures of the plan page of one document on four clouds: light, dark, and printed.
 *
 * @throws Error when there is no browser, or the plan fails.
 */
export async function takePlanPages(root: string, out: string, stacks: Readonly<Record<string, string>> = STACKS): Promise<string[]> {
  const executablePath = browser();
  if (executablePath === undefined) throw new Error("There is no Chromium on this machine; install it, or name it in CHROMIUM");
  const folder = mkdtempSync(join(tmpdir(), "gateway-pages-"));
  const running = await chromium.launch({
    executablePath,
    args: FLAGS,
    env: browserEnvironment(),
  });
  const written: string[] = [];
  try {
    for (const [cloud, stack] of Object.entries(stacks)) {
      const page = join(folder, `${cloud}.html`);
      const planned = spawnSync(process.execPath, [join(root, "cli", "gateway.mjs"), "plan", "-s", stack, "--html", page], {
        cwd: root,
        encoding: "utf8",
      });
      if (planned.status !== 0) throw new Error(`The plan of ${stack} failed:\n${planned.stdout}${planned.stderr}`);
      for (const [kind, options] of [
        ["light", { colorScheme: "light", media: "screen" }],
        ["dark", { colorScheme: "dark", media: "screen" }],
        ["print", { colorScheme: "light", media: "print" }],
      ] as const) {
        // A printed page is as wide as A4 at 96 dots an inch, without its margins.
        const tab = await running.newPage({ viewport: { width: kind === "print" ? 690 : 1200, height: 1400 } });
        await tab.emulateMedia(options);
        await tab.goto(pathToFileURL(page).href);
        const file = join(out, `${cloud}-${kind}.png`);
        await tab.screenshot({ path: file });
        written.push(file);
        await tab.close();
      }
    }
  } finally {
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return written;
}
