import { html, type Markup } from "../../../automation/plan/html/markup.ts";
import type { StackSummary } from "../../service.ts";
import type { Draft } from "../draft.ts";
import type { PlacedFault } from "../faults.ts";
import { type Frame, form, may, type PageContent, stackNavigation, stackPath } from "../layout.ts";
import { counted, table, tag } from "../shared/pieces.ts";
import { draftView } from "./draft.ts";

export interface DocumentPage {
  readonly stack: StackSummary;
  /** The version the text is based on; with an older text it is shown to be restored. */
  readonly version: number;
  readonly text: string;
  readonly faults: readonly PlacedFault[];
  readonly draft: Draft;
  /** What is said above the editor: that it was saved, or why it was not. */
  readonly notice?: { readonly bad: boolean; readonly text: string };
}

/** The editor, with the faults and what the document would make. */
export function documentView(frame: Frame, { stack, version, text, faults, draft, notice }: DocumentPage): PageContent {
  const action = `${stackPath(stack.name)}/document`;
  const writes = may(frame.actor, "requester");
  const buttons = writes
    ? html`<p class="actions"><button name="do" value="save">Save</button> <button name="do" value="check" class="plain">Check</button> <button name="do" value="plan" class="plain">Save and plan</button></p>`
    : html`<p class="soft">Your roles allow reading only.</p>`;
  const fields = html`<input type="hidden" name="version" value="${version}">
<label for="document">Document <span class="soft">version ${version}</span></label>
<textarea id="document" name="text" rows="28" spellcheck="false"${writes ? "" : html` readonly`} data-editor="${frame.assets.schema}" data-check="${action}/check">${"\n"}${text}</textarea>
${buttons}`;
  const content = html`${stackNavigation(stack.name, "Document")}
${notice === undefined ? "" : html`<p class="${notice.bad ? "problem" : "notice"}" role="${notice.bad ? "alert" : "status"}">${notice.text}</p>`}
${writes ? form(frame, action, fields, "stacked") : html`<div class="stacked">${fields}</div>`}
<section aria-label="What the document makes">
<div id="faults">${faultsView(faults)}</div>
<h2>The way of a request</h2>
<div id="draft">${draftView(draft)}</div>
</section>`;
  return {
    title: "Document",
    trail: [
      ["Stacks", "/stacks"],
      [stack.name, stackPath(stack.name)],
    ],
    content,
    modules: ["editor"],
  };
}

/** The faults of a text, each with its line. */
export function faultsView(faults: readonly PlacedFault[]): Markup {
  if (faults.length === 0) return html`<p class="facts">${tag("good", "no faults")}</p>`;
  return html`<p class="facts">${tag("bad", counted(faults.length, "fault"))}</p>${table(
    "Faults of the document",
    ["Where", "What", "What to do"],
    faults.map(({ path, line, message, remedy }) => [
      html`<code>${path || "the document"}</code><br><span class="soft">line ${line}</span>`,
      message,
      remedy,
    ]),
  )}`;
}
