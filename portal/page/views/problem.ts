import { html } from "../../../automation/plan/html/markup.ts";
import type { Fault } from "../../service.ts";
import type { PageContent } from "../layout.ts";
import { table } from "../shared/pieces.ts";

/** What is said of a request that could not be answered. */
export interface ShownProblem {
  readonly title: string;
  readonly message: string;
  readonly remedy: string;
  readonly faults: readonly Fault[];
  /** Number of the request, for those who run the portal. */
  readonly request: string;
}

export function problemView({ title, message, remedy, faults, request }: ShownProblem): PageContent {
  const content = html`<p class="problem" role="alert">${message}</p>
${remedy === "" ? "" : html`<p>What to do: ${remedy}.</p>`}
${
  faults.length === 0
    ? ""
    : table(
        "Faults",
        ["Where", "What", "What to do"],
        faults.map((fault) => [html`<code>${fault.path || "the document"}</code>`, fault.message, fault.remedy]),
      )
}
<p class="soft">Request <code>${request}</code></p>
<p><a href="/stacks">To the stacks</a></p>`;
  return { title, content };
}
