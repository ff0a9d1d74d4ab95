import { ensureGoTool, findGoTool, type GoTool } from "./go-tool.ts";

/** Let's Encrypt's test authority; only tests use it. */
const PEBBLE: GoTool = {
  name: "pebble",
  title: "Pebble",
  purpose: "the tests' ACME authority",
  version: "2.10.1",
  goMinimum: "1.25.0",
  module: "github.com/letsencrypt/pebble/v2/cmd/pebble",
  takes: "about half a minute",
};

/** Pebble: one on PATH, else the one set-up built; undefined when there is neither. */
export const findPebble = (): string | undefined => findGoTool(PEBBLE);

/** Finds Pebble, or builds it. @throws Error with one sentence saying what is missing and how to get it. */
export const ensurePebble = (root: string): Promise<string> => ensureGoTool(root, PEBBLE);
