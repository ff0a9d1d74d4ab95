import { type Change, MASKED, nothingSince, type PlanChanges } from "../review/diff.ts";
import { hopTitle } from "../review/hops.ts";
import type { Review } from "../review/review.ts";

/** GitHub refuses comments of more than 65,536 characters; GitLab takes more. */
const LONGEST = 60_000;

/**
 * A plan as a comment on a pull request: what changes and what to know first, the long tables folded. Every value is escaped. What would make
 * the comment too long for a code host is left out part by part, and says so.
 */
export function planMarkdown(review: Review): string {
  const parts = [
    headText(review),
    ...(review.changes ? [changesText(review.changes)] : []),
    findingsText(review),
    folded(`Every hop (${review.picture.hops.length})`, hopsText(review)),
    folded(`Routes (${review.routes.length})`, routesText(review)),
    folded(`Controls (${review.controls.length})`, controlsText(review)),
    folded(`Resources (${review.resourceCount})`, resourcesText(review)),
  ];
  let text = "";
  let left = 0;
  for (const part of parts) {
    if (text.length + part.length > LONGEST) left++;
    else text += `${part}\n\n`;
  }
  return left === 0
    ? text
    : `${text}${left} ${left === 1 ? "part is" : "parts are"} too long for a comment; \`gateway plan --html\` shows everything.\n`;
}

function headText({ name, hostname, cloud, variant, document, controls, findings, routes, resourceCount, digest }: Review): string {
  const open = routes.filter((route) => route.public).length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  return [
    `## Gateway ${escapeMarkdown(name)}: ${escapeMarkdown(hostname)}`,
    "",
    `${escapeMarkdown(document)} on **${escapeMarkdown(cloud)} (${escapeMarkdown(variant)})**: all ${controls.length} controls enforced; findings: ${findings.length}, of which warnings: ${warnings}; routes: ${routes.length}, of which public: ${open}; resources: ${resourceCount}. Digest \`${digest.slice(0, 16)}\`.`,
  ].join("\n");
}

const PARTS = [
  ["Routes", "routes"],
  ["Controls", "controls"],
  ["Findings", "findings"],
  ["Resources", "resources"],
] as const;

function changesText(changes: PlanChanges): string {
  const blind = changes.blind ?? MASKED;
  if (changes.none) return `### What changes\n\n${nothingSince(changes)} ${blind}`;
  const sections = PARTS.filter(([, part]) => changes[part].length > 0).map(
    ([title, part]) => `**${title}**\n\n${changes[part].map(changeText).join("\n")}`,
  );
  return [
    "### What changes",
    ...(changes.since === undefined ? [] : [`Since ${changes.since}.`]),
    blind,
    ...(changes.moved === undefined ? [] : [`**Moved**: ${escapeMarkdown(changes.moved)}`]),
    ...sections,
  ].join("\n\n");
}

const changeText = ({ kind, name, what }: Change) =>
  `- **${kind}** ${escapeMarkdown(name)}${what.length === 0 ? "" : `: ${what.map(escapeMarkdown).join("; ")}`}`;

function findingsText({ findings }: Review): string {
  if (findings.length === 0) return "### Findings\n\nNone.";
  const rows = findings.map(({ severity, path, message, remedy }) => [severity, path || "the document", message, remedy]);
  return `### Findings\n\n${table(["", "Where", "What", "What to do"], rows)}`;
}

function hopsText({ picture: { stations, hops } }: Review): string {
  const rows = hops.map((hop) => [hopTitle(hop, stations), hop.protocol, hop.server, hop.client, hop.resources.join(", ")]);
  return table(["Hop", "Protocol", "The server proves itself", "The client proves itself", "Enforced by"], rows);
}

function routesText({ routes }: Review): string {
  const rows = routes.map((route) => [
    route.name,
    route.methods,
    route.path,
    `${route.public ? "PUBLIC: " : ""}${route.requires.join(" or ")}`,
    [...route.limits, ...route.from].join("; "),
    route.backends,
  ]);
  return table(["Route", "Methods", "Path", "A client must show", "Limits", "Backend"], rows);
}

function controlsText({ controls }: Review): string {
  const rows = controls.map(({ control, promise, status, how, deviation, resources }) => [
    `${promise} (${control})`,
    status,
    deviation === undefined ? how : `${how}. A client may notice: ${deviation}`,
    resources.join(", "),
  ]);
  return table(["Promise", "", "How", "Enforced by"], rows);
}

function resourcesText({ resources }: Review): string {
  const rows = resources.flatMap(({ concern, resources: members }) => members.map(({ name, type }) => [concern, name, type]));
  return table(["Concern", "Name", "Type"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

const folded = (title: string, text: string) => `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "&#64;" };

/** Text that is nothing but text to a Markdown reader: no markup, no link, no mention, no line of its own. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
    .replace(/[\u0000-\u001f\u007f]/g, "\ufffd")
    .replace(/[\\`*_{}[\]#~!]/g, "\\$&")
    .replace(/[&<>|@]/g, (character) => ENTITIES[character] ?? "")
    // A reader would make links of bare addresses.
    .replace(/(https?):\/\//g, "$1&#58;//")
    .replace(/\bwww\./g, "www&#46;");
