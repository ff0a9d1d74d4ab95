import type { ProbeResult, VerifyReport } from "../types.ts";

/** The report as JUnit XML: one suite per control, one case per probe; times are in seconds. */
export function junitReport(report: VerifyReport): string {
  const suites = Map.groupBy(report.probes, (probe) => probe.control);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(report.url)}" ${counts(report.probes)} time="${seconds(report.durationMs)}" timestamp="${xml(report.startedAt)}">`,
  ];
  for (const [control, probes] of suites) {
    const total = probes.reduce((sum, probe) => sum + probe.durationMs, 0);
    lines.push(`  <testsuite name="${xml(control)}" ${counts(probes)} time="${seconds(total)}">`);
    for (const probe of probes) lines.push(...testCase(probe));
    lines.push("  </testsuite>");
  }
  lines.push("</testsuites>");
  return `${lines.join("\n")}\n`;
}

function testCase(probe: ProbeResult): string[] {
  const head = `    <testcase classname="${xml(probe.control)}" name="${xml(probe.id)}" time="${seconds(probe.durationMs)}"`;
  if (probe.result === "passed") return [`${head}/>`];
  const element =
    probe.result === "failed"
      ? `<failure message="${xml(probe.detail)}">${xml(probe.title)}</failure>`
      : `<skipped message="${xml(probe.detail)}"/>`;
  return [`${head}>`, `      ${element}`, "    </testcase>"];
}

function counts(probes: readonly ProbeResult[]): string {
  const count = (result: ProbeResult["result"]) => probes.filter((probe) => probe.result === result).length;
  return `tests="${probes.length}" failures="${count("failed")}" errors="0" skipped="${count("skipped")}"`;
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** XML 1.0 has no way to write most control characters or lone surrogates; they become U+FFFD. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
