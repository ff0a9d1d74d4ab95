import { html, type Markup } from "../../../automation/plan/html/markup.ts";
import { pictureSvg } from "../../../automation/plan/html/picture.ts";
import { controlsTable, hopsTable } from "../../../automation/plan/html/tables.ts";
import type { Draft } from "../draft.ts";
import { counted, stateTone, table, tag } from "../shared/pieces.ts";

/** What a document would make: the way of a request, its routes, what protects them. Or why that cannot be said. */
export function draftView(draft: Draft): Markup {
  if (draft.review === undefined) return html`<p class="soft">${draft.why}</p>`;
  const { picture, routes, controls, findings, variant, resourceCount } = draft.review;
  const open = routes.filter((route) => route.public).map(({ name }) => name);
  const weak = picture.hops.filter((hop) => hop.weak).length;
  return html`<div class="wide picture" role="region" tabindex="0" aria-label="Picture of the way of a request">${pictureSvg(picture)}</div>
<ul class="summary">
<li>${tag("quiet", variant)} ${counted(resourceCount, "resource")}, ${counted(controls.length, "control")}</li>
<li>${weak === 0 ? tag("good", "every hop verified") : tag("bad", `${counted(weak, "hop")} not verified`)}</li>
<li>${open.length === 0 ? tag("good", "no public route") : html`${tag("mixed", counted(open.length, "public route"))} ${open.join(", ")}`}</li>
</ul>
${
  findings.length === 0
    ? ""
    : html`<h3>Findings</h3>${table(
        "Findings",
        ["Where", "Severity", "What", "What to do"],
        findings.map(({ path, severity, message, remedy }) => [
          html`<code>${path || "the document"}</code>`,
          tag(stateTone(severity), severity),
          message,
          remedy,
        ]),
      )}`
}
<details><summary>Every hop and every control</summary>${hopsTable(picture)}${controlsTable(controls)}</details>`;
}
