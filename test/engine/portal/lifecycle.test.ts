import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Portal } from "../../../portal/service/index.ts";
import { applied, approved, DOCUMENT, ended, eventsOf, me, PortalLab, person } from "./support.ts";

const refusal = (code: string, message: string) => ({ name: "Refusal", code, message });

describe("the portal from document to deployment", () => {
  let lab: PortalLab;
  let portal: Portal;
  before(async function () {
    this.timeout(120_000);
    lab = await PortalLab.open();
    portal = await lab.portal();
    await portal.createStack(me, { name: "one", cloud: "aws", document: DOCUMENT });
  });
  after(async () => {
    await portal?.close();
    lab?.close();
  });

  it("deploys what was planned, and stores every event with its number", async () => {
    lab.items("one", { a: { value: "1" }, b: { value: "2" } });
    const plan = await portal.requestPlan(me, "one", "up");
    assert.equal(plan.state, "ready");
    assert.equal(plan.weakens, false);
    assert.deepEqual(plan.faults, []);
    assert.ok(plan.resources.length > 10 && plan.resources.every(({ change }) => change === "create"));
    assert.match(plan.html, /^<!doctype html>/i);

    const [first, second] = await Promise.all([portal.apply(me, plan.id), portal.apply(me, plan.id)]);
    assert.equal(first.id, second.id, "two clicks are one operation");
    const events = await eventsOf(portal, first.id);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
    );
    assert.deepEqual(await eventsOf(portal, first.id, 3), events.slice(3), "a reader that was cut off goes on where it was");
    assert.deepEqual(await eventsOf(portal, first.id, events.length), []);
    const states = events.flatMap(({ event }) => ("kind" in event || event.type !== "state" ? [] : [event.state]));
    assert.deepEqual(states, ["waiting", "running", "succeeded"]);
    assert.deepEqual(lab.journal("one").sort(), ["create a begin", "create a end", "create b begin", "create b end"]);

    const done = await portal.operation(me, first.id);
    assert.deepEqual([done.state, done.changes], ["succeeded", { create: 3 }]);
    assert.equal((await portal.stack(me, "one")).health, "deployed");
    assert.equal((await portal.plan(me, plan.id)).state, "applied");
    assert.deepEqual(await portal.outputs(me, "one"), { count: 2 });
    assert.deepEqual(readdirSync(join(lab.folder, ".gateway", "portal", "operations")), [], "nothing is left of the operation's folder");
  }).timeout(90_000);

  it("shows a weakened control, and applies it only after somebody has said yes", async () => {
    const { version, text } = await portal.document(me, "one");
    await portal.saveDocument(me, "one", text.replace("edge: cdn", "edge: cdn\nlimits: { body: 5MiB }"), version);
    const plan = await portal.requestPlan(me, "one", "up");
    assert.deepEqual(
      plan.controls.filter(({ weakens }) => weakens).map(({ control, place }) => `${control} at ${place}`),
      ["limits.body at gateway", "bodyLimit at route list"],
    );
    assert.equal(plan.state, "waiting for approval");
    await assert.rejects(portal.apply(me, plan.id), refusal("forbidden", "The plan has not been approved"));
    await assert.rejects(
      portal.review(me, plan.id, "approved", "", "another digest"),
      refusal("stale", "This is not the plan that was reviewed"),
    );
    const confirmed = await portal.review(me, plan.id, "approved", "we need it", plan.digest);
    assert.deepEqual([confirmed.state, confirmed.approvals.map(({ by, comment }) => [by, comment])], ["approved", [["me", "we need it"]]]);
    const { items } = await portal.audit(me, { limit: 2 });
    assert.ok(items.some(({ subject, action }) => action === "plan.approved" && subject === `one/${plan.id} (own plan confirmed)`));
    // Whatever changes afterwards makes it stale.
    const now = await portal.document(me, "one");
    await portal.saveDocument(me, "one", `${now.text}# a word\n`, now.version);
    await assert.rejects(portal.apply(me, plan.id), { name: "Refusal", code: "stale" });
    assert.equal((await portal.plan(me, plan.id)).state, "stale");
    await portal.saveDocument(me, "one", text, now.version + 1);
  }).timeout(60_000);

  it("keeps four eyes", async () => {
    const other = person("other", "approver");
    await portal.setFourEyes(me, "one", true);
    const plan = await portal.requestPlan(me, "one", "up");
    assert.equal(plan.state, "waiting for approval");
    await assert.rejects(
      portal.review(me, plan.id, "approved", "", plan.digest),
      refusal("forbidden", "Four eyes: who requested a plan or wrote its document cannot approve it"),
    );
    assert.equal((await portal.review(other, plan.id, "approved", "", plan.digest)).state, "approved");
    await assert.rejects(portal.setFourEyes(other, "one", false), { name: "Refusal", code: "forbidden" });
    await portal.setFourEyes(me, "one", false);
    assert.equal((await portal.plan(me, plan.id)).state, "stale");
  }).timeout(60_000);

  it("refuses a plan when the state has moved behind its back, before and after it was queued", async () => {
    const plan = await approved(portal, "one");
    const { startOperation } = await import("../../../automation/operation.ts");
    const { parseStackFile } = await import("../../../automation/stack-file.ts");
    const { program } = await import("./probe-program.ts");
    lab.items("one", { a: { value: "changed outside" } });
    const options = lab.options();
    const stackFile = parseStackFile("one", join(lab.folder, "Pulumi.one.yaml"), "config: {}\n", "it");
    await startOperation({ kind: "up", project: options.project, stack: "one", engine: lab.engine, program, stackFile }).result;
    await assert.rejects(portal.apply(me, plan.id), { name: "Refusal", code: "stale" });

    const next = await portal.requestPlan(me, "one", "up");
    assert.deepEqual(next.controls[0], {
      control: "known state",
      place: "stack",
      before: "changed by somebody else since this portal's last operation",
      after: "as this document says",
      weakens: true,
    });
    await portal.review(me, next.id, "approved", "", next.digest);
    const first = await portal.start(me, "one", "refresh");
    const queued = await portal.apply(me, next.id);
    assert.equal((await ended(portal, first.id)).state, "succeeded");
    // A refresh that finds nothing new leaves the state as it was approved.
    assert.deepEqual((await ended(portal, queued.id)).state, "succeeded");
  }).timeout(120_000);

  it("says what failed, and that the stack is not as it should be", async () => {
    lab.items("one", { bad: { fail: "the cloud says no" } });
    const { state, error } = await ended(portal, (await applied(portal, "one")).id);
    assert.deepEqual([state, error?.code, error?.message], ["failed", "provider", "bad (probe:index:Item) failed: the cloud says no"]);
    assert.equal((await portal.stack(me, "one")).health, "failing");
  }).timeout(90_000);

  it("cancels what waits at once, and what runs when its engine has stopped", async () => {
    lab.items("one", { slow: { delayMs: 3000 }, never: { delayMs: 3000 } });
    const running = await applied(portal, "one");
    await lab.journalHas("one", "create slow begin");
    const waiting = await portal.start(me, "one", "preview");
    assert.equal((await portal.cancel(me, waiting.id)).state, "cancelled");
    assert.equal((await portal.cancel(me, running.id)).state, "cancelling");
    const { state, error } = await ended(portal, running.id);
    assert.deepEqual([state, error?.code], ["cancelled", "cancelled"]);
    assert.ok(lab.journal("one").includes("create slow end"), "what was being created was finished");
    await assert.rejects(portal.cancel(me, "no such operation"), { name: "Refusal", code: "not found" });
  }).timeout(90_000);

  it("destroys what a plan to destroy lists", async () => {
    const plan = await approved(portal, "one", "destroy");
    assert.ok(plan.resources.length > 0 && plan.resources.every(({ change }) => change === "delete"));
    const { state } = await ended(portal, (await portal.apply(me, plan.id)).id);
    assert.equal(state, "succeeded");
    assert.equal((await portal.stack(me, "one")).health, "destroyed");
  }).timeout(90_000);
});
