import { html } from "../../../automation/plan/html/markup.ts";
import type { OperationSummary } from "../../service.ts";
import { type Frame, form, may, operationPath, type PageContent, planPath, stackPath } from "../layout.ts";
import { moment, stateTone, tag } from "../shared/pieces.ts";
import { isFinal, type Progress, progressLineOf } from "../shared/progress.ts";
import { progressView } from "../shared/progress-view.ts";

const TITLES: Readonly<Record<OperationSummary["kind"], string>> = {
  preview: "Preview",
  up: "Deployment",
  refresh: "Look for drift",
  destroy: "Destruction",
  verify: "Verification",
  rotate: "Rotation",
};

/** An operation as far as it is; a client module goes on from there. */
export function operationView(frame: Frame, operation: OperationSummary, progress: Progress, now: number): PageContent {
  const { id, stack, kind, state, plan, requestedBy, requestedAt, startedAt, endedAt, error } = operation;
  const ended = isFinal(state);
  const cancel =
    !ended && state !== "cancelling" && may(frame.actor, "requester", "approver", "admin")
      ? form(frame, `${operationPath(id)}/cancel`, html`<button class="danger">Cancel</button>`, "inline")
      : "";
  const next = ended && kind !== "destroy" && may(frame.actor, "requester", "approver");
  const content = html`<dl class="facts">
<div><dt>State</dt><dd>${tag(stateTone(state), state)}</dd></div>
<div><dt>Requested by</dt><dd>${requestedBy}, ${moment(requestedAt)}</dd></div>
<div><dt>Started</dt><dd>${moment(startedAt)}</dd></div>
<div><dt>Ended</dt><dd>${moment(endedAt)}</dd></div>
${plan === undefined ? "" : html`<div><dt>Plan</dt><dd><a href="${planPath(plan)}">${plan.slice(0, 8)}</a></dd></div>`}
</dl>
${error === undefined ? "" : html`<div class="problem" role="alert"><p><b>${error.message}</b></p>${error.remedy === "" ? "" : html`<p>What to do: ${error.remedy}.</p>`}<p class="soft">${error.code}</p></div>`}
<div class="actions">${cancel}<a class="button plain" href="${stackPath(stack)}">To the stack</a>${
    next && kind !== "verify"
      ? form(frame, `${stackPath(stack)}/operations`, html`<button name="kind" value="verify" class="plain">Verify</button>`, "inline")
      : ""
  }</div>
<p class="aside" role="status" id="said">${progressLineOf(progress)}</p>
<section id="progress" aria-label="Progress"${ended ? "" : html` data-events="/api/v1/operations/${encodeURIComponent(id)}/events"`}>
${progressView(progress, now)}
</section>`;
  return {
    title: TITLES[kind],
    trail: [
      ["Stacks", "/stacks"],
      [stack, stackPath(stack)],
    ],
    content,
    ...(ended ? {} : { modules: ["live"], reloadSeconds: 5 }),
  };
}
