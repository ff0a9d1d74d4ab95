import { html, type Markup } from "../../../automation/plan/html/markup.ts";
import { span, stateTone, table, tag } from "./pieces.ts";
import { isFinal, type ProbeProgress, type Progress, progressLineOf, type ResourceProgress } from "./progress.ts";

/**
 * How far an operation is. The server writes it into the page, the browser writes it anew with each event.
 *
 * @param now milliseconds since 1970, for what still runs
 */
export function progressView(progress: Progress, now: number): Markup {
  const { resources, messages, probes } = progress;
  const end = isFinal(progress.state) ? progress.last : now;
  return html`<p class="facts">${tag(stateTone(progress.state), progress.state)} <span>${progressLineOf(progress)}</span>${
    progress.began === 0 ? "" : html` <span class="soft">${span(end - progress.began)}</span>`
  }</p>
${probes.length === 0 ? "" : probesTable(probes)}
${resources.size === 0 ? "" : html`<h2>Resources</h2>${resourcesTable([...resources.values()], end, isFinal(progress.state))}`}
${
  messages.length === 0
    ? ""
    : html`<h2>Messages</h2><ul class="messages">${messages.map(
        ({ severity, text, about }) =>
          html`<li>${tag(stateTone(severity), severity)} <span>${about === "" ? "" : html`<b>${about}</b> `}<span class="text">${text}</span></span></li>`,
      )}</ul>`
}`;
}

const VERBS: Readonly<Record<string, readonly [string, string]>> = {
  create: ["creating", "created"],
  update: ["updating", "updated"],
  delete: ["deleting", "deleted"],
  replace: ["replacing", "replaced"],
  "create-replacement": ["creating replacement", "replacement created"],
  "delete-replaced": ["deleting old one", "old one deleted"],
  refresh: ["refreshing", "refreshed"],
  import: ["importing", "imported"],
};

function resourcesTable(rows: readonly ResourceProgress[], now: number, ended: boolean): Markup {
  return table(
    "Resources of the operation",
    ["Resource", "Type", "What", "Time"],
    rows.map(({ name, type, action, phase, changed, began, ended: end }) => {
      const [doing, done] = (Object.hasOwn(VERBS, action) ? VERBS[action] : undefined) ?? [action, action];
      const open = ended ? tag("quiet", `${doing}, not finished`) : tag("busy", doing);
      const state = phase === "failed" ? tag("bad", `${action} failed`) : phase === "end" ? tag("good", done) : open;
      return [
        name,
        html`<code>${type}</code>`,
        html`${state}${changed.length === 0 ? "" : html` <span class="soft">${changed.join(", ")}</span>`}`,
        span((end ?? now) - began),
      ];
    }),
  );
}

const ORDER: Readonly<Record<string, number>> = { failed: 0, passed: 1, skipped: 2 };

function probesTable(probes: readonly ProbeProgress[]): Markup {
  const sorted = [...probes].sort((a, b) => (ORDER[a.result] ?? 3) - (ORDER[b.result] ?? 3));
  return html`<h2>Probes</h2>${table(
    "Probes of the gateway",
    ["What was tried", "Control", "Result", "What was seen", "Time"],
    sorted.map(({ id, title, control, result, detail, durationMs }) => [
      html`${title}<br><code class="soft">${id}</code>`,
      control,
      tag(stateTone(result), result),
      detail,
      `${Math.round(durationMs)} ms`,
    ]),
  )}`;
}
