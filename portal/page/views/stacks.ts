import { html, type Markup } from "../../../automation/plan/html/markup.ts";
import type { StackSummary } from "../../service.ts";
import { type Frame, form, may, operationPath, type PageContent, stackPath } from "../layout.ts";
import { counted, moment, type Piece, stateTone, type Tone, table, tag } from "../shared/pieces.ts";

/** Every stack the actor may see. */
export function stacksView(frame: Frame, stacks: readonly StackSummary[]): PageContent {
  const create = may(frame.actor, "requester") ? html`<p><a class="button" href="/stacks/new">New stack</a></p>` : "";
  const list =
    stacks.length === 0
      ? html`<p>There are no stacks yet that you may see.</p>`
      : table(
          "Stacks",
          ["Stack", "Runs on", "Host name", "Health", "Document", "Next expiry", "Last operation"],
          stacks.map((stack) => [
            html`<a href="${stackPath(stack.name)}">${stack.name}</a>`,
            stack.cloud,
            stack.hostname === undefined ? html`<span class="soft">–</span>` : html`<code>${stack.hostname}</code>`,
            tag(stateTone(stack.health), stack.health),
            documentState(stack),
            expiry(stack),
            lastOperation(stack),
          ]),
        );
  return { title: "Stacks", content: html`${create}${list}` };
}

/** Whether what is deployed is what the document says. */
export function documentState({ digest, deployedDigest }: StackSummary): Piece {
  if (digest === undefined) return tag("bad", "has faults");
  if (deployedDigest === undefined) return html`<span class="soft">not deployed</span>`;
  return digest === deployedDigest ? "deployed as written" : tag("mixed", "changed since deployment");
}

/** How long until the first certificate ends. */
export function expiry({ nextExpiry }: StackSummary): Piece {
  if (nextExpiry === undefined) return html`<span class="soft">–</span>`;
  const { certificate, daysLeft } = nextExpiry;
  return html`${expiryTag(daysLeft)} <span class="soft">${certificate}</span>`;
}

const ALARM_DAYS = 14;
const WARN_DAYS = 30;

function expiryTag(daysLeft: number): Markup {
  const tone: Tone = daysLeft <= ALARM_DAYS ? "bad" : daysLeft <= WARN_DAYS ? "mixed" : "good";
  return tag(tone, daysLeft < 0 ? "expired" : counted(daysLeft, "day"));
}

export function lastOperation({ lastOperation: last }: StackSummary): Piece {
  if (last === undefined) return html`<span class="soft">–</span>`;
  return html`<a href="${operationPath(last.id)}">${last.kind}</a> ${tag(stateTone(last.state), last.state)} <span class="soft">${moment(last.endedAt ?? last.requestedAt)}</span>`;
}

export interface NewStackForm {
  readonly name: string;
  readonly cloud: string;
  readonly document: string;
  /** Why the form is shown again. */
  readonly problem?: string;
}

const CLOUDS = ["local", "aws", "azure", "gcp"] as const;

/** The form for another stack, with what was typed when it was refused. */
export function newStackView(frame: Frame, { name, cloud, document, problem }: NewStackForm): PageContent {
  const fields = html`${problem === undefined ? "" : html`<p class="problem" role="alert">${problem}</p>`}
<label for="name">Name</label>
<input id="name" name="name" value="${name}" required maxlength="63" pattern="[A-Za-z][A-Za-z0-9\\-]*" autocomplete="off" spellcheck="false" aria-describedby="name-help">
<p class="help" id="name-help">Letters, digits and dashes, a letter first.</p>
<label for="cloud">Runs on</label>
<select id="cloud" name="cloud">${CLOUDS.map((choice) => html`<option${choice === cloud ? html` selected` : ""}>${choice}</option>`)}</select>
<label for="document">Document</label>
<p class="help" id="document-help">It can be changed later, and may have faults until it is planned.</p>
<textarea id="document" name="document" rows="24" spellcheck="false" data-editor="${frame.assets.schema}" aria-describedby="document-help">${"\n"}${document}</textarea>
<p class="actions"><button>Create stack</button></p>`;
  return { title: "New stack", trail: [["Stacks", "/stacks"]], content: form(frame, "/stacks", fields, "stacked"), modules: ["editor"] };
}
