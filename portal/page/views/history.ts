import { html } from "../../../automation/plan/html/markup.ts";
import type { AuditEntry, DocumentVersion, OperationSummary, Page, PlanSummary, StackSummary } from "../../service.ts";
import { type Frame, nextLink, operationPath, type PageContent, stackNavigation, stackPath } from "../layout.ts";
import { moment, span, stateTone, table, tag } from "../shared/pieces.ts";
import { plansTable } from "./stack.ts";

export interface HistoryPage {
  readonly stack: StackSummary;
  readonly operations: Page<OperationSummary>;
  readonly plans: Page<PlanSummary>;
  readonly documents: Page<Omit<DocumentVersion, "text">>;
}

/** What happened to a stack, and who did it. */
export function historyView(_frame: Frame, { stack, operations, plans, documents }: HistoryPage): PageContent {
  const base = stackPath(stack.name);
  const content = html`${stackNavigation(stack.name, "History")}
<h2 id="operations">Operations</h2>
${
  operations.items.length === 0
    ? html`<p>None yet.</p>`
    : table(
        "Operations",
        ["Operation", "State", "Changes", "Requested by", "When", "Took"],
        operations.items.map(({ id, kind, state, changes, requestedBy, requestedAt, startedAt, endedAt }) => [
          html`<a href="${operationPath(id)}">${kind} <span class="soft">${id.slice(0, 8)}</span></a>`,
          tag(stateTone(state), state),
          Object.entries(changes ?? {})
            .map(([change, count]) => `${count} ${change}`)
            .join(", "),
          requestedBy,
          moment(requestedAt),
          startedAt === undefined || endedAt === undefined
            ? html`<span class="soft">–</span>`
            : span(Date.parse(endedAt) - Date.parse(startedAt)),
        ]),
      )
}
${nextLink(`${base}/history`, operations.next)}
<h2 id="plans">Plans</h2>
${plans.items.length === 0 ? html`<p>None yet.</p>` : plansTable(plans.items)}
<h2 id="documents">Document</h2>
${table(
  "Versions of the document",
  ["Version", "Digest", "Written by", "When"],
  documents.items.map(({ version, digest, by, at }) => [
    html`<a href="${base}/document?version=${version}">Version ${version}</a>`,
    html`<code>${digest.slice(0, 16)}</code>`,
    by,
    moment(at),
  ]),
)}`;
  return {
    title: "History",
    trail: [
      ["Stacks", "/stacks"],
      [stack.name, base],
    ],
    content,
  };
}

/** The audit log, for admins. */
export function auditView(_frame: Frame, { items, next }: Page<AuditEntry>): PageContent {
  const content = html`<p class="soft">Newest first. Entries cannot be changed or removed.</p>
${table(
  "Audit log",
  ["No.", "When", "Who", "From", "Action", "What", "Outcome", "Digest"],
  items.map(({ sequence, at, actor, from, action, subject, outcome, digest }) => [
    sequence,
    moment(at),
    actor,
    html`<code>${from}</code>`,
    action,
    subject,
    tag(outcome === "refused" ? "mixed" : "quiet", outcome),
    digest === undefined ? html`<span class="soft">–</span>` : html`<code>${digest.slice(0, 16)}</code>`,
  ]),
)}
${nextLink("/audit", next)}`;
  return { title: "Audit log", content };
}
