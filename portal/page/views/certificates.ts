import { html, type Markup } from "../../../automation/plan/html/markup.ts";
import type { StackSummary } from "../../service.ts";
import { type Frame, form, may, type PageContent, stackNavigation, stackPath } from "../layout.ts";
import { counted, moment, stateTone, table, tag } from "../shared/pieces.ts";

/** What of a certificate the page shows; `gateway certs --json` says more. */
interface Shown {
  readonly resource: string;
  readonly subject: string;
  readonly names: readonly string[];
  readonly issuer: string;
  readonly authority: boolean;
  readonly notAfter: string;
  readonly daysLeft: number | undefined;
  readonly state: string;
  readonly renewal: string;
  readonly neededBy: readonly string[];
}

/** Every certificate of a stack on a time line, the one that ends first on top. */
export function certificatesView(frame: Frame, stack: StackSummary, certificates: readonly unknown[]): PageContent {
  const shown = certificates
    .map(readCertificate)
    .sort((a, b) => (a.daysLeft ?? Number.POSITIVE_INFINITY) - (b.daysLeft ?? Number.POSITIVE_INFINITY));
  const content = html`${stackNavigation(stack.name, "Certificates")}
${
  shown.length === 0
    ? html`<p>The stack has no certificates; they are made when it is deployed.</p>`
    : html`<h2>Time line</h2><div class="wide" role="region" tabindex="0" aria-label="Time line of certificates">${timeLine(shown)}</div>
<h2>Every certificate</h2>${table(
        "Certificates",
        ["Certificate", "For", "Issuer", "State", "Ends", "Renewed by", "Needed by"],
        shown.map((entry) => [
          html`${entry.resource}${entry.authority ? html` <span class="soft">authority</span>` : ""}`,
          html`${entry.names.join(", ") || entry.subject}`,
          entry.issuer,
          tag(stateTone(entry.state), entry.state),
          html`${moment(entry.notAfter)}${entry.daysLeft === undefined ? "" : html` <span class="soft">${counted(entry.daysLeft, "day")}</span>`}`,
          entry.renewal,
          entry.neededBy.join(", "),
        ]),
      )}${may(frame.actor, "requester", "approver") ? rotateForm(frame, stack.name) : ""}`
}`;
  return {
    title: "Certificates",
    trail: [
      ["Stacks", "/stacks"],
      [stack.name, stackPath(stack.name)],
    ],
    content,
  };
}

/** What a rotation replaces, the smallest first. */
const ROTATIONS = [
  ["leaf", "Certificates", "every certificate the stack's authority has issued gets a successor"],
  ["key", "Keys", "as well as the keys of these certificates"],
  ["intermediate", "Intermediate authority", "where the document asks for one"],
  ["root", "Root authority", "its successor is announced to everybody before it signs anything"],
] as const;

const rotateForm = (frame: Frame, stack: string): Markup => html`<h2 id="rotate">Rotate</h2>
<p>Step by step, so that old and new understand each other all the time. A rotation that was interrupted is taken up where it stopped.</p>
${form(
  frame,
  `${stackPath(stack)}/operations`,
  html`<fieldset><legend>What is replaced</legend>${ROTATIONS.map(
    ([what, name, meaning], index) =>
      html`<label class="choice"><input type="radio" name="what" value="${what}"${index === 0 ? html` checked` : ""}> <span>${name} <span class="soft">${meaning}</span></span></label>`,
  )}</fieldset>
<label class="choice"><input type="checkbox" name="clientsReady" value="yes"> <span>Clients of the gateway trust the new root already <span class="soft">a rotation that waits for them goes on</span></span></label>
<p class="actions"><button name="kind" value="rotate">Rotate</button></p>`,
)}`;

/** Reads one entry of a list that is unknown to the contract; what is missing is empty. */
function readCertificate(value: unknown): Shown {
  const entry = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const text = (field: unknown) => (typeof field === "string" ? field : "");
  const texts = (field: unknown) => (Array.isArray(field) ? field.filter((item): item is string => typeof item === "string") : []);
  const renewal = (typeof entry.renewal === "object" && entry.renewal !== null ? entry.renewal : {}) as Record<string, unknown>;
  const by = text(renewal.by);
  return {
    resource: text(entry.resource),
    subject: text(entry.subject),
    names: texts(entry.names),
    issuer: text(entry.issuer),
    authority: entry.authority === true,
    notAfter: text(entry.notAfter),
    daysLeft: typeof entry.daysLeft === "number" && Number.isFinite(entry.daysLeft) ? entry.daysLeft : undefined,
    state: text(entry.state) || "unknown",
    renewal: text(renewal.from) === "" ? by : `${by}, from ${text(renewal.from).slice(0, 10)}`,
    neededBy: texts(entry.neededBy),
  };
}

const ROW = 44;
const TOP = 26;
const LEFT = 8;
const WIDTH = 940;
/** Length of the longest bar; the rest is for the last word. */
const BAR = 870;
/** The line ends here; what lasts longer runs out of the picture. */
const MOST_DAYS = 400;
const TICKS = [0, 30, 90, 180, 365] as const;

function timeLine(entries: readonly Shown[]): Markup {
  const height = TOP + entries.length * ROW + 6;
  // Near days get more room: there one decides.
  const at = (days: number) => LEFT + Math.sqrt(Math.min(Math.max(days, 0), MOST_DAYS) / MOST_DAYS) * BAR;
  return html`<svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="When each certificate ends; the table below says the same">
${TICKS.map((days) => html`<line class="tick" x1="${at(days)}" x2="${at(days)}" y1="${TOP - 4}" y2="${height}"/><text class="soft" x="${at(days) + 3}" y="14">${days === 0 ? "today" : `${days} days`}</text>`)}
${entries.map((entry, index) => {
  const y = TOP + index * ROW;
  const days = entry.daysLeft;
  const words = days === undefined ? "end not known" : days < 0 ? "expired" : counted(days, "day");
  return html`<text class="name" x="${LEFT + 3}" y="${y + 15}">${entry.resource}: ${words}, ${entry.state}</text><rect class="${stateTone(entry.state)}" x="${LEFT}" y="${y + 21}" width="${days === undefined ? BAR : Math.max(at(days) - LEFT, 4)}" height="12" rx="3"/>`;
})}
</svg>`;
}
