import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const CODE = join(import.meta.dirname, "..", "..");
/** Everything that decides what a deployment does, besides the document. */
const PARTS = ["index.ts", "components", "providers", "policy-packs", "automation", "package-lock.json"];

/**
 * SHA-256 over the program's source and the versions of its packages: another digest means that a plan may come out differently.
 *
 * @param module what operations run instead of the gateway's own program
 */
export function programVersion(projectRoot: string, module?: string): string {
  const hash = createHash("sha256");
  const code = module === undefined ? PARTS.flatMap((part) => filesOf(CODE, part)) : [{ path: module, name: "program" }];
  const files = [...code, ...filesOf(projectRoot, "Pulumi.yaml")];
  for (const { path, name } of files) hash.update(`${name}\0`).update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

function filesOf(root: string, name: string): { path: string; name: string }[] {
  const path = join(root, name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return [{ path, name }];
  return readdirSync(path)
    .sort()
    .flatMap((entry) => filesOf(root, join(name, entry)));
}
