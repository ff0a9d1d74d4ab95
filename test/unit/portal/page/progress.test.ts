import assert from "node:assert/strict";
import fc from "fast-check";
import { isFinal, NO_PROGRESS, progressLineOf, withEvent } from "../../../../portal/page/shared/progress.ts";
import { progressView } from "../../../../portal/page/shared/progress-view.ts";
import type { StoredEvent } from "../../../../portal/service.ts";

const START = Date.parse("2026-11-21T10:00:00Z");
const numbered = (events: readonly StoredEvent["event"][]): StoredEvent[] =>
  events.map((event, index) => ({ operation: "o", sequence: index + 1, at: new Date(START + index * 2000).toISOString(), event }));
const resource = (
  phase: "begin" | "end" | "failed",
  name: string,
  action: "create" | "same" | "delete-replaced" = "create",
): StoredEvent["event"] => ({
  kind: "resource",
  phase,
  action,
  type: "a:b:C",
  name,
  changed: [],
});
const EVENTS = numbered([
  { type: "state", state: "running" },
  resource("begin", "one"),
  resource("begin", "two"),
  resource("end", "zero", "same"),
  resource("end", "one"),
  resource("failed", "two"),
  { kind: "message", severity: "debug", text: "not for people" },
  { kind: "message", severity: "error", text: "no room", resource: { type: "a:b:C", name: "two" } },
  { kind: "policy", mandatory: true, policy: "pack/rule", text: "not so", resource: "one" },
  { kind: "summary", changes: { create: 1 }, seconds: 12 },
  { type: "state", state: "failed" },
]);

describe("progress of an operation", () => {
  it("is what its events say", () => {
    const progress = EVENTS.reduce(withEvent, NO_PROGRESS);
    assert.equal(progress.state, "failed");
    assert.equal(progress.sequence, EVENTS.length);
    assert.deepEqual(
      [...progress.resources.values()].map(({ name, phase, began, ended }) => [name, phase, (ended ?? 0) - began]),
      [
        ["one", "end", 6000],
        ["two", "failed", 6000],
      ],
    );
    assert.equal(progress.same, 1);
    assert.deepEqual(progress.messages, [
      { severity: "error", text: "no room", about: "two" },
      { severity: "error", text: "pack/rule: not so", about: "one" },
    ]);
    assert.equal(progressLineOf(progress), "1 of 2 changes done; 1 failed; 1 unchanged");
    assert.equal(progressLineOf(NO_PROGRESS), "nothing yet");
  });

  it("is the same however often a reader is cut off and begins again before where it was", () => {
    const whole = EVENTS.reduce(withEvent, NO_PROGRESS);
    fc.assert(
      fc.property(fc.array(fc.nat(EVENTS.length), { maxLength: 6 }), (cuts) => {
        let progress = NO_PROGRESS;
        for (const cut of cuts) {
          const back = Math.max(0, progress.sequence - 3);
          for (const event of EVENTS.slice(back, cut)) progress = withEvent(progress, event);
        }
        for (const event of EVENTS.slice(Math.max(0, progress.sequence - 2))) progress = withEvent(progress, event);
        assert.deepEqual(progress, whole);
      }),
    );
  });

  it("keeps the two halves of a replacement apart", () => {
    const progress = numbered([resource("begin", "one"), resource("begin", "one", "delete-replaced")]).reduce(withEvent, NO_PROGRESS);
    assert.equal(progress.resources.size, 2);
  });

  it("takes no probe that is none", () => {
    const probes = [undefined, null, "passed", {}, { result: "odd" }, { result: "passed", id: 7 }];
    const progress = numbered(probes.map((probe) => ({ type: "verify" as const, probe }))).reduce(withEvent, NO_PROGRESS);
    assert.deepEqual(progress.probes, [{ id: "7", control: "", title: "", result: "passed", detail: "", durationMs: 0 }]);
  });

  it("counts time for what runs, until the end for what has ended", () => {
    const running = EVENTS.slice(0, 3).reduce(withEvent, NO_PROGRESS);
    assert.match(progressView(running, START + 65_000).text, /creating<\/span><\/td><td data-head="Time">1 min 3 s</);
    const ended = EVENTS.reduce(withEvent, NO_PROGRESS);
    assert.match(
      progressView(ended, START + 9_999_000).text,
      /failed<\/span> <span>1 of 2 changes done; 1 failed; 1 unchanged<\/span> <span class="soft">20 s</,
    );
  });

  it("knows after which states nothing comes", () => {
    assert.deepEqual(["waiting", "running", "cancelling", "succeeded", "failed", "cancelled", "lost"].filter(isFinal), [
      "succeeded",
      "failed",
      "cancelled",
      "lost",
    ]);
  });
});
