import assert from "node:assert/strict";
import fc from "fast-check";
import type { Markup } from "../../../../automation/plan/html/markup.ts";
import { loadAssets } from "../../../../portal/page/assets.ts";
import { placed } from "../../../../portal/page/faults.ts";
import { type Frame, type PageContent, page } from "../../../../portal/page/layout.ts";
import { NO_PROGRESS, withEvent } from "../../../../portal/page/shared/progress.ts";
import { progressView } from "../../../../portal/page/shared/progress-view.ts";
import { certificatesView } from "../../../../portal/page/views/certificates.ts";
import { documentView } from "../../../../portal/page/views/document.ts";
import { auditView, historyView } from "../../../../portal/page/views/history.ts";
import { operationView } from "../../../../portal/page/views/operation.ts";
import { planView } from "../../../../portal/page/views/plan.ts";
import { problemView } from "../../../../portal/page/views/problem.ts";
import { settingsView } from "../../../../portal/page/views/settings.ts";
import { destroyView, stackView } from "../../../../portal/page/views/stack.ts";
import { newStackView, stacksView } from "../../../../portal/page/views/stacks.ts";
import { type Sample, sample } from "../../../support/portal-page/sample.ts";
import { skeleton } from "./skeleton.ts";

/** Fields whose value is one of a few words, or that decide what is shown. */
const CLOSED = new Set([
  "state",
  "kind",
  "health",
  "change",
  "verdict",
  "result",
  "phase",
  "action",
  "severity",
  "type",
  "roles",
  "outcome",
  "plan",
]);
const TIMES = /At$|^at$|^notAfter$|^from$/;

/** The same data with text put into every string that people, clouds or programs can choose. */
function withText<T>(value: T, text: string, field = ""): T {
  if (typeof value === "string") return (CLOSED.has(field) || TIMES.test(field) ? value : `${value}${text}`) as T;
  if (Array.isArray(value)) return value.map((item) => withText(item, text, field)) as T;
  if (typeof value !== "object" || value === null) return value;
  const keyed = field === "outputs" || field === "changes";
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [keyed ? `${key}${text}` : key, withText(item, text, key === "events" ? "" : key)]),
  ) as T;
}

function everyPage(given: Sample, text: string): Readonly<Record<string, string>> {
  const frame: Frame = { assets: loadAssets(), nonce: "nonce", csrf: `csrf${text}`, actor: given.actor };
  const shown = (content: PageContent) => page(frame, content);
  const stack = given.stacks[0] ?? assert.fail();
  const faults = [{ path: `a.b${text}`, message: `wrong${text}`, remedy: `right${text}` }];
  const draft = { why: `no picture${text}` };
  const notice = { bad: true, text: `said${text}` };
  const lists = {
    operations: { items: given.operations, next: text },
    plans: { items: given.plans },
    documents: { items: given.documents },
  };
  const pages: Record<string, PageContent> = {
    stacks: stacksView(frame, given.stacks),
    "new stack": newStackView(frame, { name: text, cloud: text, document: text, problem: `no${text}` }),
    stack: stackView(frame, { stack, draft, outputs: given.outputs, plans: given.plans, operations: given.operations }),
    destroy: destroyView(frame, stack, `no${text}`),
    document: documentView(frame, { stack, version: 3, text, faults: placed(faults, text), draft, notice }),
    certificates: certificatesView(frame, stack, given.certificates),
    history: historyView(frame, { stack, ...lists }),
    audit: auditView(frame, { items: given.audit, next: text }),
    settings: settingsView(frame, stack, given.secrets),
    problem: problemView({ title: `T${text}`, message: `M${text}`, remedy: `R${text}`, faults, request: `1${text}` }),
  };
  for (const plan of given.plans) pages[`plan ${plan.state}`] = planView(frame, plan, given.operations[0], `no${text}`);
  for (const operation of given.operations) {
    const events = Object.values(given.events)[given.operations.indexOf(operation)] ?? [];
    pages[`operation ${operation.state} ${operation.kind}`] = operationView(
      frame,
      operation,
      events.reduce(withEvent, NO_PROGRESS),
      1_800_000_000_000,
    );
  }
  return Object.fromEntries(Object.entries(pages).map(([name, content]) => [name, shown(content)]));
}

describe("escaping in the portal's pages", () => {
  const plain = everyPage(withText(sample(), "x"), "x");

  it("compares pages that have something in them", () => {
    assert.equal(Object.keys(plain).length, 19);
    for (const [name, text] of Object.entries(plain)) assert.ok(skeleton(text).length > 40, name);
    // Would be found: the comparison sees an element more, and an attribute more.
    assert.notDeepEqual(skeleton("<p><b>x</b></p>"), skeleton("<p>x</p>"));
    assert.notDeepEqual(skeleton('<p class="a" onclick="b">x</p>'), skeleton('<p class="a">x</p>'));
    assert.throws(() => skeleton("<p>a < b</p>"), /not HTML of ours/);
  });

  const hostile = (text: string) => {
    const pages = everyPage(withText(sample(), text), text);
    for (const [name, given] of Object.entries(pages)) assert.deepEqual(skeleton(given), skeleton(plain[name] ?? ""), name);
  };

  for (const text of [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "<!-- ",
    "]]>",
    "&lt;b&gt;&#60;script&#62;",
    "javascript:alert(1)",
    "\u0000\u0008\u001b[31m\u202e",
    "{{7*7}}<%= 7*7 %>`",
  ])
    it(`keeps ${JSON.stringify(text)} text, in every field of every page`, () => hostile(text));

  it("keeps any text text, in every field of every page", () => {
    const part = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("<", ">", '"', "'", "&", "</", "<!--", "-->", "=", " ", "\n", "`", "\\"),
    );
    const text = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join("") || "<");
    fc.assert(fc.property(text, hostile), { numRuns: 40 });
  });

  it("keeps text of events text when the browser draws them", () => {
    const draw = (text: string): Markup =>
      progressView(
        Object.values(withText(sample(), text).events)
          .flat()
          .map((event, index) => ({ ...event, sequence: index + 1 }))
          .reduce(withEvent, NO_PROGRESS),
        1_800_000_000_000,
      );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => assert.deepEqual(skeleton(draw(`<${text}>`).text), skeleton(draw("x").text))),
      { numRuns: 200 },
    );
  });
});
