import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { say } from "../setup/progress.mjs";

/** Takes the pictures of the plan page in docs/plan-page and of the portal's pages in docs/portal anew. `plan` or `portal` takes those alone. */
export async function screenshots(root: string, [only]: readonly string[] = []): Promise<number> {
  if (only !== "portal") {
    const { takePlanPages } = await import("../screenshots/plan-page.ts");
    const folder = join(root, "docs", "plan-page");
    mkdirSync(folder, { recursive: true });
    const files = await takePlanPages(root, folder);
    say(`${files.length} pictures written to docs/plan-page`);
  }
  if (only !== "plan") {
    const { takeScreenshots } = await import("../../test/support/portal-page/screenshots.ts");
    const files = await takeScreenshots(join(root, "docs", "portal"));
    say(`${files.length} pictures written to docs/portal`);
  }
  return 0;
}
