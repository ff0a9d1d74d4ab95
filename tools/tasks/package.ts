import { join, relative } from "node:path";
import { buildPackage, packPackage } from "../package/build.ts";
import { say } from "../setup/progress.mjs";

/** Compiles the components and packs them for npm. Publishes nothing. */
export async function packageTask(root: string): Promise<number> {
  const folder = buildPackage(root);
  const file = packPackage(folder, join(root, "dist"));
  say(`written  ${relative(root, file)}`);
  return 0;
}
