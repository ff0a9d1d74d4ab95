import { html, type Markup } from "../../../automation/plan/html/markup.ts";

/** What stands in one place of a page. */
export type Piece = Markup | string | number;

export interface Row {
  readonly cells: readonly Piece[];
  readonly weak?: boolean;
}

/**
 * A table that becomes a list of cards on a phone. The first cell names the row.
 *
 * @param caption says what the table holds; read aloud, not shown
 */
export function table(caption: string, heads: readonly string[], rows: readonly (Row | readonly Piece[])[]): Markup {
  return html`<table><caption class="aside">${caption}</caption><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>
${rows.map((row) => {
  const { cells, weak = false } = "cells" in row ? row : { cells: row };
  return html`<tr${weak ? html` class="weakened"` : ""}>${cells.map((cell, index) =>
    index === 0 ? html`<th scope="row">${cell}</th>` : html`<td data-head="${heads[index] ?? ""}">${cell}</td>`,
  )}</tr>\n`;
})}</tbody></table>`;
}

/** How something stands; the colour repeats what the text says. */
export type Tone = "good" | "mixed" | "bad" | "busy" | "quiet";

export const tag = (tone: Tone, text: string): Markup => html`<span class="tag ${tone}">${text}</span>`;

/** A point in time as the server knows it: to the minute, in UTC. */
export function moment(iso: string | undefined): Piece {
  if (iso === undefined || !Number.isFinite(Date.parse(iso))) return html`<span class="soft">–</span>`;
  const exact = new Date(iso).toISOString();
  return html`<time datetime="${exact}">${exact.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** `3 s`, `2 min 5 s`, `1 h 4 min`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export const stateTone = (state: string): Tone => (Object.hasOwn(TONES, state) ? TONES[state] : undefined) ?? "quiet";

const TONES: Readonly<Record<string, Tone>> = {
  // Stacks.
  deployed: "good",
  failing: "bad",
  drifted: "mixed",
  busy: "busy",
  // Operations.
  waiting: "busy",
  running: "busy",
  cancelling: "mixed",
  succeeded: "good",
  failed: "bad",
  cancelled: "mixed",
  lost: "bad",
  // Plans.
  ready: "good",
  "waiting for approval": "mixed",
  approved: "good",
  rejected: "bad",
  stale: "mixed",
  applied: "quiet",
  refused: "bad",
  // Probes, findings, messages.
  passed: "good",
  skipped: "quiet",
  error: "bad",
  warning: "mixed",
  info: "quiet",
  // Certificates.
  valid: "good",
  alarm: "bad",
  expired: "bad",
  // Audit.
  done: "quiet",
};
