import type { Finding } from "../../../components/backends/contract.ts";
import type { CertificateRow } from "../review/certificates.ts";
import type { ConcernGroup } from "../review/concerns.ts";
import { type Change, MASKED, nothingSince, type PlanChanges } from "../review/diff.ts";
import { hopTitle, type Picture, wordOf } from "../review/hops.ts";
import type { ControlRow } from "../review/review.ts";
import type { RouteRow } from "../review/routes.ts";
import { html, type Markup } from "./markup.ts";

type Cell = Markup | string;

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  return html`<div class="wide"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}

const code = (text: string): Markup => html`<code>${text}</code>`;
const tag = (kind: string): Markup => html`<span class="tag ${kind}">${kind}</span>`;
const list = (items: readonly Cell[]): Markup => html`<ul class="plain">${items.map((item) => html`<li>${item}</li>`)}</ul>`;

/** Long lists are cut; the document has the rest. */
function some(items: readonly string[], most = 4): Markup {
  const shown = items.slice(0, most).map(code);
  return list(items.length > most ? [...shown, `and ${items.length - most} more`] : shown);
}

const names = (items: readonly string[]): Markup => html`${items.map((item, index) => [index === 0 ? "" : ", ", code(item)])}`;

export function hopsTable({ stations, hops }: Picture): Markup {
  const rows = hops.map((hop) => {
    const { protocol, server, client, weak, resources } = hop;
    return [
      hopTitle(hop, stations),
      protocol,
      weak ? html`<span class="tag warning">not verified</span> ${server}` : server,
      client,
      names(resources),
    ];
  });
  return html`<h3>Every hop</h3>${table(["Hop", "Protocol", "The server proves itself", "The client proves itself", "Enforced by"], rows)}`;
}

export const findingsTable = (findings: readonly Finding[]): Markup =>
  table(
    ["", "Where", "What", "What to do"],
    findings.map(({ severity, path, message, remedy, id }) => [
      tag(severity),
      html`${code(path || "the document")}<br><span class="soft">${id}</span>`,
      message,
      remedy,
    ]),
  );

export const routesTable = (routes: readonly RouteRow[]): Markup =>
  table(
    ["Route", "Methods", "Path", "A client must show", "Limits", "From where", "Backend", "At most"],
    routes.map((route) => [
      route.name,
      route.methods,
      code(route.path),
      route.public
        ? html`${tag("public")} ${list(route.requires)}`
        : list(route.requires.map((text, index) => (index === 0 ? text : `or ${text}`))),
      list(route.limits),
      list(route.from),
      route.backends,
      route.bounds,
    ]),
  );

export const controlsTable = (controls: readonly ControlRow[]): Markup =>
  table(
    ["Promise", "Asked for in", "", "How", "Enforced by"],
    controls.map(({ control, promise, paths, status, how, deviation, resources }) => [
      html`${promise}<br><span class="soft">${control}</span>`,
      some(paths.map((path) => path || "every document")),
      tag(status),
      deviation === undefined ? how : html`${how}<br><span class="soft">A client may notice: ${deviation}</span>`,
      names(resources),
    ]),
  );

export const certificatesTable = (rows: readonly CertificateRow[]): Markup =>
  table(
    ["Use", "What", "Valid until"],
    rows.map(({ use, what, until }) => [use, what, until === "" ? "renewed in time" : until]),
  );

export const resourcesTables = (groups: readonly ConcernGroup[]): Markup =>
  html`${groups.map(
    ({ concern, resources }) =>
      html`<h3>${concern} (${resources.length})</h3>${table(
        ["Name", "Kind", "Type", "Kept safe"],
        resources.map(({ name, type, options }) => [
          code(name),
          wordOf(type),
          code(type),
          [options.protect ? "protected" : "", options.retainOnDelete ? "kept on destroy" : ""].filter((word) => word !== "").join(", "),
        ]),
      )}`,
  )}`;

const PARTS = [
  ["Routes", "routes"],
  ["Controls", "controls"],
  ["Findings", "findings"],
  ["Resources", "resources"],
] as const;

/** What differs from the plan made before. */
export function changesSection(changes: PlanChanges): Markup {
  const [before, blind] = [changes.since ?? "the plan made before", changes.blind ?? MASKED];
  if (changes.none) return html`<h2 id="changes">What changes</h2><p>${nothingSince(changes)} ${blind}</p>`;
  return html`<h2 id="changes">What changes</h2><p>Since ${before}. <span class="soft">${blind}</span></p>${changes.moved === undefined ? "" : html`<p><b>Moved</b>: ${changes.moved}</p>`}${PARTS.map(
    ([title, part]) => (changes[part].length === 0 ? "" : html`<h3>${title} (${changes[part].length})</h3>${changesTable(changes[part])}`),
  )}`;
}

const changesTable = (changes: readonly Change[]): Markup =>
  table(
    ["", "What", "Difference"],
    changes.map(({ kind, name, what }) => [tag(kind), name, list(what)]),
  );
