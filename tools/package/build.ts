import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { importedPackages, type ProjectManifest, packageManifest } from "./manifest.ts";

/** Files that are read at run time, next to what reads them. */
const DATA = ["backends/aws/authorizer/authorizer.bundle"];

/**
 * Compiles the components to JavaScript and declarations, with a package.json of their own.
 *
 * @param out folder of the package; emptied first
 * @throws Error with what the compiler says.
 */
export function buildPackage(root: string, out = join(root, "dist", "package")): string {
  rmSync(out, { recursive: true, force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const compiled = spawnSync(process.execPath, [compiler, "-p", join(root, "tools", "package"), "--outDir", out], { encoding: "utf8" });
  if (compiled.status !== 0) throw new Error(`The package cannot be compiled:\n${compiled.stdout}${compiled.stderr}`);
  // The compiler changes the endings of imports in .js, not in .d.ts.
  for (const file of globSync("**/*.d.ts", { cwd: out })) {
    const text = readFileSync(join(out, file), "utf8");
    writeFileSync(join(out, file), text.replace(/((?:from|import\()\s*["']\.{1,2}\/[^"']*)\.ts(["'])/g, "$1.js$2"));
  }
  for (const file of DATA) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    copyFileSync(join(root, "components", file), join(out, file));
  }
  const scripts = globSync("**/*.js", { cwd: out });
  const imported = new Set(scripts.flatMap((file) => importedPackages(readFileSync(join(out, file), "utf8"))));
  const project = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as ProjectManifest;
  writeFileSync(join(out, "package.json"), `${JSON.stringify(packageManifest(project, imported), null, 2)}\n`);
  copyFileSync(join(root, "tools", "package", "README.md"), join(out, "README.md"));
  return out;
}

/** Packs a built package. @returns the path of the .tgz. @throws Error with what npm says. */
export function packPackage(folder: string, destination: string): string {
  mkdirSync(destination, { recursive: true });
  const packed = spawnSync("npm", ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", destination], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (packed.status !== 0) throw new Error(`npm cannot pack the package:\n${packed.stderr}`);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  return join(destination, filename);
}
