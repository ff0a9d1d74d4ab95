import { styleText } from "node:util";
import type { TextStream } from "../command-line.ts";

type Format = Parameters<typeof styleText>[0];

/** Colours for one stream: none unless it is a terminal, and none with NO_COLOR. */
export function stylist(stream: TextStream, env: NodeJS.ProcessEnv = process.env) {
  const coloured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  const style = (format: Format) => (text: string) => (coloured ? styleText(format, text, { validateStream: false }) : text);
  return { bold: style("bold"), dim: style("dim"), red: style("red"), green: style("green"), yellow: style("yellow"), cyan: style("cyan") };
}

export type Stylist = ReturnType<typeof stylist>;

/** `1 fault`, `2 faults`. */
export const count = (number: number, singular: string, plural = `${singular}s`) => `${number} ${number === 1 ? singular : plural}`;

/** Columns padded to the widest cell; the last one is left as it is. */
export function columns(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths = rows.reduce<number[]>((known, row) => row.map((cell, index) => Math.max(known[index] ?? 0, cell.length)), []);
  return rows.map(
    (row) =>
      indent +
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
        .join("  ")
        .trimEnd(),
  );
}
