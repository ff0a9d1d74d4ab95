import { ensureGoTool, type GoTool } from "./go-tool.ts";

/** A load generator that keeps its rate whatever the answers do; only bench/ uses it. */
const VEGETA: GoTool = {
  name: "vegeta",
  title: "Vegeta",
  purpose: "the load of the benchmark",
  version: "12.13.0",
  goMinimum: "1.25.0",
  module: "github.com/tsenart/vegeta/v12",
  takes: "about two minutes",
};

/** Finds Vegeta, or builds it. @throws Error with one sentence saying what is missing and how to get it. */
export const ensureVegeta = (root: string): Promise<string> => ensureGoTool(root, VEGETA);
