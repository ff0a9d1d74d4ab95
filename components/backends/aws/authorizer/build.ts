import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Builds the authorizer and everything it imports into the one file that Lambda runs. The same sources give the same bytes. */
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
