import { html } from "../../../automation/plan/html/markup.ts";
import type { StackSummary } from "../../service.ts";
import { type Frame, form, may, type PageContent, stackNavigation, stackPath } from "../layout.ts";
import { tag } from "../shared/pieces.ts";

/** Secrets and rules of a stack. */
export function settingsView(frame: Frame, stack: StackSummary, secrets: readonly string[]): PageContent {
  const base = stackPath(stack.name);
  const content = html`${stackNavigation(stack.name, "Settings")}
<h2>Secrets</h2>
<p>The document names them, such as <code>{ secret: partnerKey }</code>. Values are encrypted with the stack's key and never shown again.</p>
${secrets.length === 0 ? html`<p class="soft">There are none.</p>` : html`<ul>${secrets.map((name) => html`<li><code>${name}</code></li>`)}</ul>`}
${
  may(frame.actor, "requester")
    ? form(
        frame,
        `${base}/secrets`,
        html`<label for="secret-name">Name</label><input id="secret-name" name="name" required maxlength="100" autocomplete="off" spellcheck="false">
<label for="secret-value">Value</label><textarea id="secret-value" name="value" rows="3" required autocomplete="off" spellcheck="false"></textarea>
<p class="actions"><button>Set secret</button></p>`,
        "stacked",
      )
    : ""
}
<h2>Four eyes</h2>
<p>${stack.fourEyes ? tag("good", "on") : tag("mixed", "off")} ${stack.fourEyes ? "Nobody may approve what they have requested themselves." : "Whoever requests a plan may approve it as well, if they have the role."}</p>
${
  may(frame.actor, "admin")
    ? form(
        frame,
        `${base}/four-eyes`,
        html`<p class="actions"><button name="on" value="${stack.fourEyes ? "no" : "yes"}" class="plain">Switch ${stack.fourEyes ? "off" : "on"}</button></p>`,
      )
    : ""
}`;
  return {
    title: "Settings",
    trail: [
      ["Stacks", "/stacks"],
      [stack.name, base],
    ],
    content,
  };
}
