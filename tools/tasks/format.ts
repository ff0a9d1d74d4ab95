import { runTool } from "./tool.ts";

/** Formats every file and applies the linter's safe corrections. */
export function format(root: string): Promise<number> {
  return runTool(root, "@biomejs/biome", ["check", "--write", "--error-on-warnings", "."]);
}
