import type { VerifyReport } from "../types.ts";

/** The report as JSON text, two spaces deep, ending in a newline. */
export function jsonReport(report: VerifyReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
