import { html, type Markup } from "../../../automation/plan/html/markup.ts";
import type { ControlChange, OperationSummary, Plan } from "../../service.ts";
import { placed } from "../faults.ts";
import { type Frame, form, may, operationPath, type PageContent, planPath, stackPath } from "../layout.ts";
import { counted, moment, stateTone, type Tone, table, tag } from "../shared/pieces.ts";
import { faultsView } from "./document.ts";
import { confirmField } from "./stack.ts";

/** A plan: what it changes, who said what about it, and what can be done with it. */
export function planView(frame: Frame, plan: Plan, operation?: OperationSummary, problem?: string): PageContent {
  const { stack, kind, state, requestedBy, requestedAt, documentVersion, digest, faults, documentText } = plan;
  const weakened = plan.controls.filter(({ weakens }) => weakens).length;
  const content = html`${problem === undefined ? "" : html`<p class="problem" role="alert">${problem}</p>`}
<dl class="facts">
<div><dt>State</dt><dd>${tag(stateTone(state), state)}</dd></div>
<div><dt>Does</dt><dd>${kind === "up" ? "deploy" : tag("bad", "destroy")}</dd></div>
<div><dt>Controls</dt><dd>${weakened > 0 ? tag("bad", `${weakened} weakened`) : tag("good", "none weakened")}</dd></div>
<div><dt>Document</dt><dd>version ${documentVersion}</dd></div>
<div><dt>Requested by</dt><dd>${requestedBy}, ${moment(requestedAt)}</dd></div>
<div><dt>Bound to</dt><dd><code>${digest.slice(0, 16)}</code></dd></div>
</dl>
<p class="soft">${EXPLANATIONS[state] ?? ""}</p>
${operation === undefined ? "" : html`<p><a href="${operationPath(operation.id)}">Its operation</a> ${tag(stateTone(operation.state), operation.state)}</p>`}
${faults.length === 0 ? "" : html`<h2>Faults</h2>${faultsView(placed(faults, documentText))}`}
<h2 id="controls">What changes in protection</h2>
${controlsView(plan.controls)}
<h2 id="resources">What changes in resources</h2>
${resourcesView(plan)}
${
  plan.findings.length === 0
    ? ""
    : html`<h2 id="findings">Findings</h2>${table(
        "Findings",
        ["Finding", "Severity", "What"],
        plan.findings.map(({ id, severity, message }) => [html`<code>${id}</code>`, tag(stateTone(severity), severity), message]),
      )}`
}
${
  plan.approvals.length === 0
    ? ""
    : html`<h2 id="approvals">Who said what</h2>${table(
        "Approvals",
        ["Who", "Verdict", "Comment", "When"],
        plan.approvals.map(({ by, verdict, comment, at }) => [
          by,
          tag(verdict === "approved" ? "good" : "bad", verdict),
          comment,
          moment(at),
        ]),
      )}`
}
${decisions(frame, plan)}
${
  plan.html === ""
    ? ""
    : html`<h2 id="whole">The whole plan</h2>
<p><a href="${planPath(plan.id)}/page" target="_blank" rel="noopener">Open on a page of its own</a></p>
<details><summary>Show here</summary><iframe src="${planPath(plan.id)}/page" title="The whole plan" loading="lazy"></iframe></details>`
}`;
  return {
    title: kind === "up" ? "Plan to deploy" : "Plan to destroy",
    trail: [
      ["Stacks", "/stacks"],
      [stack, stackPath(stack)],
    ],
    content,
  };
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ready: "Nothing needs an approval; it can be applied.",
  "waiting for approval": "Somebody has to approve it before it can be applied.",
  approved: "It can be applied as long as nothing it is bound to has changed.",
  rejected: "It cannot be applied any more; change the document and plan again.",
  stale: "The document, the program or the stack has changed since; plan again.",
  applied: "It was put into the stack's queue.",
  refused: "It cannot be applied: the document has faults, or the cloud cannot enforce what it asks for.",
};

function controlsView(controls: readonly ControlChange[]): Markup {
  if (controls.length === 0) return html`<p>Nothing.</p>`;
  const sorted = [...controls].sort((a, b) => Number(b.weakens) - Number(a.weakens));
  const shown = (value: string | null) => (value === null ? html`<span class="soft">nothing</span>` : value);
  return table(
    "Changes of controls",
    ["Control", "Where", "Change", "Before", "After"],
    sorted.map(({ control, place, before, after, weakens }) => ({
      weak: weakens,
      cells: [
        control,
        html`<code>${place}</code>`,
        weakens ? tag("bad", "weakened") : tag("good", before === null ? "added" : "not weakened"),
        shown(before),
        shown(after),
      ],
    })),
  );
}

const CHANGES: Readonly<Record<string, Tone>> = { create: "good", update: "mixed", replace: "bad", delete: "bad", same: "quiet" };

function resourcesView({ resources }: Plan): Markup {
  const changed = resources.filter(({ change }) => change !== "same");
  const same = resources.length - changed.length;
  const unchanged = same === 0 ? "" : html`<p class="soft">${counted(same, "resource")} unchanged.</p>`;
  if (changed.length === 0) return html`<p>Nothing.</p>${unchanged}`;
  const counts = Object.keys(CHANGES)
    .map((kind) => [kind, changed.filter(({ change }) => change === kind).length] as const)
    .filter(([, count]) => count > 0);
  return html`<p class="facts">${counts.map(([kind, count]) => html`${tag(CHANGES[kind] ?? "quiet", `${count} ${kind}`)} `)}</p>
${table(
  "Changes of resources",
  ["Resource", "Type", "Change", "Inputs that differ"],
  changed.map(({ name, type, change, inputs }) => [
    name,
    html`<code>${type}</code>`,
    tag(CHANGES[change] ?? "quiet", change),
    inputs.join(", "),
  ]),
)}${unchanged}`;
}

/** Approve or reject, apply: whatever the plan's state and the actor's roles have room for. */
function decisions(frame: Frame, plan: Plan): Markup {
  const { id, stack, kind, state, digest } = plan;
  const reviews = state === "waiting for approval" && may(frame.actor, "approver");
  const applies = (state === "ready" || state === "approved") && may(frame.actor, "requester", "approver");
  const replans = (state === "stale" || state === "refused" || state === "rejected") && may(frame.actor, "requester");
  const review = html`<h2 id="review">Review</h2>${form(
    frame,
    `${planPath(id)}/review`,
    html`<input type="hidden" name="digest" value="${digest}">
<label for="comment">Comment</label><textarea id="comment" name="comment" rows="3" maxlength="2000"></textarea>
<p class="actions"><button name="verdict" value="approved">Approve</button> <button name="verdict" value="rejected" class="danger">Reject</button></p>`,
    "stacked",
  )}`;
  const apply = html`<h2 id="apply">Apply</h2>${form(
    frame,
    `${planPath(id)}/apply`,
    kind === "destroy"
      ? html`${confirmField(stack)}<p class="actions"><button class="danger">Destroy ${stack}</button></p>`
      : html`<p class="actions"><button>Deploy</button></p>`,
    "stacked",
  )}`;
  const replan = form(
    frame,
    `${stackPath(stack)}/plans`,
    html`<p class="actions">${kind === "up" ? html`<button name="kind" value="up">Plan again</button>` : html`<a class="button" href="${stackPath(stack)}/destroy">Plan again</a>`} <a class="button plain" href="${stackPath(stack)}/document">Edit document</a></p>`,
  );
  return html`${reviews ? review : ""}${applies ? apply : ""}${replans ? replan : ""}`;
}
