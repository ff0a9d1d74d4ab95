import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** The pages whose examples are run, relative to the project. */
export const pages = (): string[] =>
  [
    "README.md",
    ...globSync(["docs/**/*.md", "bench/*.md", "examples/**/*.md", "policy-packs/**/*.md"], { cwd: ROOT, exclude: ["**/node_modules/**"] }),
  ].sort();

export const textOf = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** Fenced blocks of a page, those inside lists too. */
export function blocksOf(page: string, text = textOf(page)): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", fence = "", language = ""] = /^(\s*)(`{3,})(\S*)/.exec(lines[at] ?? "") ?? [];
    if (fence === "") continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end < 0) throw new Error(`${page}:${at + 1}: the block never ends`);
    const body = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ page, line: at + 1, language, text: body.join("\n") });
    at = end;
  }
  return blocks;
}

/** The file a block stands for, named in a comment on its first line: `# gateways/orders.yaml`. */
export const fileNamed = ({ text }: Block): string | undefined =>
  /^(?:# |<!-- )((?:gateways|stacks|imports)\/[\w./-]+\.(?:yaml|xml))(?: -->)?$/m.exec(text.split("\n")[0] ?? "")?.[1];

/** Commands in a block, without their comments and prompts. */
export const commandsOf = ({ text }: Block): string[] =>
  text
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .map((line) =>
      line
        .replace(/^\$ /, "")
        .replace(/\s+#\s.*$/, "")
        .trim(),
    )
    .filter((line) => line !== "" && !line.startsWith("#"));

/** Rows of every table of a page with exactly these headings, by heading. */
export function rowsOf(page: string, headings: readonly string[]): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  let inside = false;
  for (const line of textOf(page).split("\n")) {
    const cells = cellsOf(line);
    if (cells === undefined) inside = false;
    else if (cells.join("|") === headings.join("|")) inside = true;
    else if (inside && !cells.every((cell) => /^-+$/.test(cell))) {
      if (cells.length !== headings.length) throw new Error(`${page}: a row with ${cells.length} cells: ${line}`);
      rows.push(Object.fromEntries(headings.map((heading, index) => [heading, cells[index] ?? ""])));
    }
  }
  return rows;
}

const cellsOf = (line: string): string[] | undefined =>
  /^\|.*\|$/.test(line)
    ? line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim())
    : undefined;

/** What stands in back quotes. */
export const quoted = (text = ""): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
