import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { say } from "../setup/progress.mjs";
import { runTool } from "./tool.ts";

/** A file of the repository that is written from code. */
export interface GeneratedFile {
  /** Relative to the project. */
  readonly path: string;
  readonly content: string;
}

/** What every file in tools/generate exports. */
export interface Generator {
  generatedFiles(root: string): Promise<readonly GeneratedFile[]> | readonly GeneratedFile[];
}

/** Writes every generated file, and the recorded results of the golden tests. */
export async function generate(root: string): Promise<number> {
  for (const { path, content } of await allGenerated(root)) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, "utf8") === content) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    say(`written  ${path}`);
  }
  const golden = goldenTests(root);
  if (golden.length === 0) return 0;
  say(`Recording the results of ${golden.length} golden tests; read the difference before you commit it`);
  return runTool(root, "mocha", golden, { UPDATE_GOLDEN: "1" });
}

/** The generated files that are not what the code would write now. */
export async function outdated(root: string): Promise<string[]> {
  const files = await allGenerated(root);
  return files.flatMap(({ path, content }) => {
    const file = join(root, path);
    return existsSync(file) && readFileSync(file, "utf8") === content ? [] : [path];
  });
}

async function allGenerated(root: string): Promise<GeneratedFile[]> {
  const modules = globSync("tools/generate/*.ts", { cwd: root }).sort();
  const lists = modules.map(async (module) => {
    const generator = (await import(pathToFileURL(join(root, module)).href)) as Partial<Generator>;
    if (generator.generatedFiles === undefined) throw new Error(`${module} exports no generatedFiles`);
    return generator.generatedFiles(root);
  });
  return (await Promise.all(lists)).flat();
}

/** Tests that record results: those that use the harness for it. */
function goldenTests(root: string): string[] {
  return globSync("test/**/*.test.ts", { cwd: root }).filter((file) =>
    /\b(describeGolden|checkGolden)\b/.test(readFileSync(join(root, file), "utf8")),
  );
}
