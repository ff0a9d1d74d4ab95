import { join } from "node:path";
import { say } from "../setup/progress.mjs";

/** Takes the pictures of the portal's pages in docs/portal anew. */
export async function screenshots(root: string): Promise<number> {
  const { takeScreenshots } = await import("../../test/support/portal-page/screenshots.ts");
  const files = await takeScreenshots(join(root, "docs", "portal"));
  say(`${files.length} pictures written to docs/portal`);
  return 0;
}
