import { html, type Markup } from "../../../automation/plan/html/markup.ts";
import type { OperationSummary, PlanSummary, StackSummary } from "../../service.ts";
import type { Draft } from "../draft.ts";
import { type Frame, form, may, operationPath, type PageContent, planPath, stackNavigation, stackPath } from "../layout.ts";
import { moment, stateTone, table, tag } from "../shared/pieces.ts";
import { draftView } from "./draft.ts";
import { documentState, expiry, lastOperation } from "./stacks.ts";

export interface StackPage {
  readonly stack: StackSummary;
  readonly draft: Draft;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Plans and operations, newest first. */
  readonly plans: readonly PlanSummary[];
  readonly operations: readonly OperationSummary[];
}

/** One stack: how it stands, what can be done, the way of a request. */
export function stackView(frame: Frame, { stack, draft, outputs, plans, operations }: StackPage): PageContent {
  const open = plans.filter(({ state }) => state === "ready" || state === "approved" || state === "waiting for approval");
  const verified = operations.find(({ kind }) => kind === "verify");
  const content = html`${stackNavigation(stack.name, "Overview")}
<dl class="facts">
<div><dt>Health</dt><dd>${tag(stateTone(stack.health), stack.health)}</dd></div>
<div><dt>Runs on</dt><dd>${stack.cloud}</dd></div>
<div><dt>Host name</dt><dd>${stack.hostname ?? "–"}</dd></div>
<div><dt>Document</dt><dd>${documentState(stack)}</dd></div>
<div><dt>Next expiry</dt><dd>${expiry(stack)}</dd></div>
<div><dt>Last operation</dt><dd>${lastOperation(stack)}</dd></div>
<div><dt>Last verify</dt><dd>${verified === undefined ? html`<span class="soft">never</span>` : html`<a href="${operationPath(verified.id)}">${moment(verified.requestedAt)}</a> ${tag(stateTone(verified.state), verified.state)}`}</dd></div>
</dl>
${actions(frame, stack)}
${open.length === 0 ? "" : html`<h2>Open plans</h2>${plansTable(open)}`}
<h2 id="way">The way of a request</h2>
<p class="soft">As the document is written now.</p>
${draftView(draft)}
${Object.keys(outputs).length === 0 ? "" : html`<h2>Outputs</h2>${outputsTable(outputs)}`}`;
  return { title: stack.name, trail: [["Stacks", "/stacks"]], content };
}

function actions(frame: Frame, stack: StackSummary): Markup | string {
  if (!may(frame.actor, "requester", "approver")) return "";
  const writes = may(frame.actor, "requester");
  const base = stackPath(stack.name);
  const start = (kind: string, text: string) =>
    form(frame, `${base}/operations`, html`<button name="kind" value="${kind}" class="plain">${text}</button>`, "inline");
  return html`<div class="actions" role="group" aria-label="Actions">
${
  writes
    ? html`${form(frame, `${base}/plans`, html`<button name="kind" value="up">Plan</button>`, "inline")}
<a class="button plain" href="${base}/document">Edit document</a>`
    : ""
}
${start("verify", "Verify")}
${start("refresh", "Look for drift")}
<a class="button plain" href="${base}/certificates#rotate">Rotate…</a>
${writes ? html`<a class="button danger" href="${base}/destroy">Destroy…</a>` : ""}
</div>`;
}

export const plansTable = (plans: readonly PlanSummary[]): Markup =>
  table(
    "Plans",
    ["Plan", "State", "Controls", "Requested by", "When"],
    plans.map(({ id, kind, state, weakens, requestedBy, requestedAt }) => [
      html`<a href="${planPath(id)}">${kind === "up" ? "deploy" : "destroy"} <span class="soft">${id.slice(0, 8)}</span></a>`,
      tag(stateTone(state), state),
      weakens ? tag("bad", "weakens controls") : html`<span class="soft">none weakened</span>`,
      requestedBy,
      moment(requestedAt),
    ]),
  );

function outputsTable(outputs: Readonly<Record<string, unknown>>): Markup {
  const shown = (value: unknown) =>
    typeof value === "string" ? html`<code>${value}</code>` : html`<pre tabindex="0">${JSON.stringify(value, undefined, 2)}</pre>`;
  return table(
    "Outputs of the stack",
    ["Name", "Value"],
    Object.entries(outputs).map(([name, value]) => [name, shown(value)]),
  );
}

/** Asks for the stack's name before a plan to destroy it is made. */
export function destroyView(frame: Frame, stack: StackSummary, problem?: string): PageContent {
  const fields = html`${problem === undefined ? "" : html`<p class="problem" role="alert">${problem}</p>`}
<p>This plans the end of <b>${stack.name}</b>${stack.hostname === undefined ? "" : html`: <code>${stack.hostname}</code> will not be served any more`}. You will see every resource that goes before anything is deleted.</p>
${confirmField(stack.name)}
<p class="actions"><button name="kind" value="destroy" class="danger">Plan to destroy</button> <a class="button plain" href="${stackPath(stack.name)}">Keep it</a></p>`;
  return {
    title: "Destroy",
    trail: [
      ["Stacks", "/stacks"],
      [stack.name, stackPath(stack.name)],
    ],
    content: form(frame, `${stackPath(stack.name)}/plans`, fields, "stacked"),
  };
}

/** A field that takes nothing but the stack's name. */
export const confirmField = (stack: string): Markup => html`<label for="confirm">Type the name of the stack to confirm</label>
<input id="confirm" name="confirm" required autocomplete="off" spellcheck="false" pattern="${stack.replace(/[^A-Za-z0-9]/g, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)}" title="${stack}">`;
