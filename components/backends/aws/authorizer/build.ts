import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The bundle that Lambda runs; committed, so that a deployment needs no bundler, and compared with a fresh build by a test. */
export const BUNDLE = fileURLToPath(new URL("./authorizer.bundle", import.meta.url));

/** Builds the authorizer and everything it imports into one file. The same sources give the same bytes. */
export async function buildAuthorizer(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL("./handler.ts", import.meta.url))],
    absWorkingDir: fileURLToPath(new URL("../../../../", import.meta.url)),
    bundle: true,
    write: false,
    platform: "node",
    target: "node22",
    format: "esm",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "inline",
    charset: "ascii",
  });
  return result.outputFiles[0]?.text ?? "";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fresh = await buildAuthorizer();
  if (process.argv.includes("--check") && readFileSync(BUNDLE, "utf8") !== fresh) {
    console.error("authorizer.bundle is not what its sources build to; run this file without --check");
    process.exitCode = 1;
  } else writeFileSync(BUNDLE, fresh);
}
