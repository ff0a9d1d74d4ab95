import { CONTROLS } from "../../components/backends/controls.ts";
import type { ProbeOutcome, ProbeResult, VerifyReport } from "../types.ts";

export interface TextOptions {
  /** ANSI colours. @default false */
  readonly colour?: boolean;
  /** List passed probes too, not only their number. @default true */
  readonly passed?: boolean;
}

const MARKS: Readonly<Record<ProbeOutcome, string>> = { passed: "✓", failed: "✗", skipped: "–" };
const COLOURS: Readonly<Record<ProbeOutcome, number>> = { passed: 32, failed: 31, skipped: 33 };

/** The report for people: probes under the control they prove, failures with what was expected, and a summary. */
export function textReport(report: VerifyReport, options: TextOptions = {}): string {
  const { colour = false, passed = true } = options;
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines: string[] = [];
  for (const [control, probes] of Map.groupBy(report.probes, (probe) => probe.control)) {
    lines.push("", `${paint(1, CONTROLS[control])}  ${paint(2, `${control}, ${tally(probes)}`)}`);
    for (const probe of probes) {
      if (probe.result === "passed" && !passed) continue;
      lines.push(`  ${paint(COLOURS[probe.result], MARKS[probe.result])} ${probe.id}  ${paint(2, probe.title)}`);
      if (probe.result !== "passed") lines.push(`      ${printable(probe.detail)}`);
    }
  }
  const summary = `${report.url}: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped in ${(report.durationMs / 1000).toFixed(1)} s`;
  lines.push("", paint(report.failed > 0 ? 31 : 32, summary));
  return `${lines.slice(1).join("\n")}\n`;
}

function tally(probes: readonly ProbeResult[]): string {
  const passed = probes.filter((probe) => probe.result === "passed").length;
  return `${passed} of ${probes.length} passed`;
}

/** What a gateway answered is text of others: no escape sequence of theirs reaches the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
