import type { Changes, ResourceAction } from "../../automation/events.ts";
import type { OperationResult } from "../../automation/operation.ts";
import { isRecord } from "../../automation/project.ts";
import type { TextStream } from "../command-line.ts";
import { columns, stylist } from "./style.ts";

const WORDS: Readonly<Record<string, readonly [done: string, planned: string]>> = {
  create: ["created", "to create"],
  update: ["updated", "to update"],
  delete: ["deleted", "to delete"],
  replace: ["replaced", "to replace"],
  import: ["imported", "to import"],
  same: ["unchanged", "unchanged"],
};

/** `3 created, 1 updated, 12 unchanged`. */
export function changesText(changes: Changes, preview: boolean): string {
  const parts = Object.entries(WORDS).flatMap(([action, words]) => {
    const number = changes[action as ResourceAction] ?? 0;
    return number === 0 ? [] : [`${number} ${words[preview ? 1 : 0]}`];
  });
  return parts.length === 0 ? "nothing to do" : parts.join(", ");
}

/** What an operation came to, for people. */
export function summaryText({ kind, stack, changes, outputs, seconds }: OperationResult, stream: TextStream): string {
  const { bold, green } = stylist(stream);
  const took = `in ${seconds.toFixed(1)} s`;
  const title = { preview: `Preview of ${stack}`, up: `${stack} is up`, refresh: `${stack} is refreshed`, destroy: `${stack} is gone` }[
    kind
  ];
  const head = `${green("✓")} ${bold(title)}: ${changesText(changes, kind === "preview")} ${took}`;
  return kind === "up" ? [head, ...addressLines(outputs)].join("\n") : head;
}

function addressLines(outputs: Readonly<Record<string, unknown>>): string[] {
  const { url, address, certificate, dnsRecords } = outputs;
  const rows: string[][] = [["url", String(url)]];
  if (typeof address === "string") rows.push(["listens on", address]);
  if (isRecord(certificate)) {
    const until = certificate.notAfter ? `, valid until ${certificate.notAfter}` : "";
    rows.push(["certificate", `${certificate.source}${certificate.issuer ? ` (${certificate.issuer})` : ""}${until}`]);
  }
  const records = Array.isArray(dnsRecords) ? dnsRecords.filter(isRecord) : [];
  for (const { name, type, value, purpose } of records) rows.push(["create in DNS", `${name} ${type} ${value}  (${purpose})`]);
  return columns(rows);
}
