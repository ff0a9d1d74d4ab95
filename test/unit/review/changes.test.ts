import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planPage } from "../../../automation/plan/html/page.ts";
import { planMarkdown } from "../../../automation/plan/markdown/document.ts";
import { isPlanDocument, type PlanDocument } from "../../../automation/plan/review/diff.ts";
import { planDocument } from "../../../automation/plan/review/review.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { inProcess } from "../cli/support.ts";
import { BASE, planLocally, reviewed } from "./support.ts";

const HELP = "What to do: see `npx gateway <verb> --help`.\n";

/** A plan as it is read back from a file. */
async function written(document: unknown): Promise<PlanDocument> {
  const { model, plan } = await planLocally(document);
  return JSON.parse(JSON.stringify(planDocument(model, plan))) as PlanDocument;
}

describe("what changes since a plan made before", function () {
  this.timeout(30_000);

  it("is nothing for the same document", async () => {
    const changes = reviewed(await planLocally(BASE), { against: await written(BASE) }).changes;
    assert.deepEqual(changes, { none: true, moved: undefined, routes: [], controls: [], findings: [], resources: [] });
  });

  it("is every route, control, finding and resource that differs", async () => {
    const after = mergePatch(BASE, {
      access: { denyCidrs: ["198.51.100.0/24"] },
      local: { maxConnections: 500 },
      backends: { orders: { tls: { trust: "unverified", reason: "The certificate is replaced next week." } } },
      routes: { list: { methods: ["GET", "POST"] }, add: { path: "/add", methods: ["POST"], backend: "orders", public: true } },
    });
    const review = reviewed(await planLocally(after), { against: await written(BASE) });
    const changes = review.changes;
    assert.ok(changes);
    assert.equal(changes.none, false);
    assert.deepEqual(changes.routes, [
      { kind: "changed", name: "list", what: ["methods: GET, HEAD → GET, HEAD, POST"] },
      { kind: "added", name: "add", what: ["POST /add", "requires: nothing: anyone may call it"] },
    ]);
    assert.deepEqual(
      changes.controls.filter(({ kind }) => kind !== "changed"),
      [
        { kind: "removed", name: "backend.tls.public", what: [] },
        { kind: "added", name: "access.deny", what: [] },
        { kind: "added", name: "backend.tls.unverified", what: [] },
      ],
    );
    assert.ok(changes.findings.some(({ kind, name }) => kind === "added" && name.includes("backends.orders")));
    assert.ok(changes.resources.some(({ kind, what }) => kind === "changed" && what.length > 0));
    const page = planPage(review);
    const markdown = planMarkdown(review);
    for (const text of ["POST /add", "backend.tls.unverified"])
      assert.ok(page.includes(text) && markdown.includes(text.replaceAll("_", "\\_")), text);
  });

  it("names properties that differ, never their values", async () => {
    const after = mergePatch(BASE, { headers: { response: { set: { "x-note": "a-value-to-look-for" } } } });
    const { changes } = reviewed(await planLocally(after), { against: await written(BASE) });
    assert.equal(JSON.stringify(changes?.resources).includes("a-value-to-look-for"), false);
  });

  it("takes nothing but plans", async () => {
    assert.equal(isPlanDocument(await written(BASE)), true);
    for (const other of [
      null,
      7,
      [],
      {},
      { cloud: "aws", variant: "rest" },
      { cloud: "aws", variant: "rest", resources: [{}], controls: [], findings: [] },
    ])
      assert.equal(isPlanDocument(other), false, JSON.stringify(other));
  });
});

describe("gateway plan for reviewers", function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), "gateway-review-"));
  const document = join(folder, "gateway.yaml");
  const file = (name: string) => join(folder, name);
  before(() => writeFileSync(document, JSON.stringify(BASE)));
  after(() => rmSync(folder, { recursive: true }));
  const plan = (...more: string[]) => inProcess(["plan", "-f", document, "--cloud", "local", ...more]);

  it("writes the page and says where", async () => {
    const ran = await plan("--html", file("plan.html"));
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, `written  ${file("plan.html")}\n`, ""]);
    assert.match(readFileSync(file("plan.html"), "utf8"), /^<!doctype html>\n<html lang="en">/);
  });

  it("answers in Markdown, with the differences from what --json wrote before", async () => {
    writeFileSync(file("before.json"), (await plan("--json")).stdout);
    const ran = await plan("--markdown", "--against", file("before.json"));
    assert.equal(ran.code, 0);
    assert.ok(ran.stdout.startsWith("## Gateway shop: shop.localhost\n"));
    assert.ok(ran.stdout.includes("### What changes\n\nNothing: the plan is the same as the one before."));
  });

  it("says what is wrong with a plan to compare with", async () => {
    writeFileSync(file("text.json"), "plan");
    writeFileSync(file("other.json"), "{}");
    const wrong = async (name: string) => (await plan("--markdown", "--against", file(name))).stderr;
    assert.equal(
      await wrong("gone.json"),
      `error: --against: ${file("gone.json")} cannot be read; give a file written by gateway plan --json\n${HELP}`,
    );
    assert.equal(
      await wrong("text.json"),
      `error: --against: ${file("text.json")} is not JSON; give a file written by gateway plan --json\n${HELP}`,
    );
    assert.equal(
      await wrong("other.json"),
      `error: --against: ${file("other.json")} is not a plan; give a file written by gateway plan --json\n${HELP}`,
    );
    const alone = await plan("--against", file("before.json"));
    assert.deepEqual(
      [alone.code, alone.stderr],
      [2, `error: --against shows its differences with --html or --markdown; give one of them\n${HELP}`],
    );
  });

  it("says so when the page cannot be written", async () => {
    const ran = await plan("--html", join(folder, "gone", "plan.html"));
    assert.deepEqual(
      [ran.code, ran.stderr],
      [2, `error: --html: ${join(folder, "gone", "plan.html")} cannot be written (ENOENT); give a file in a folder that is there\n${HELP}`],
    );
  });

  it("compares clouds", async () => {
    const ran = await inProcess(["compare", document]);
    assert.equal(ran.code, 0);
    assert.match(ran.stdout, /^ {2}✓ {2}local {2}envoy +enforces all \d+ controls/m);
    assert.match(ran.stdout, /^ {2}tls\.certificate\.internal +\w+ +\w+ +\w+ +composed$/m);
    const json = JSON.parse((await inProcess(["compare", document, "--json"])).stdout) as { clouds: { cloud: string }[] };
    assert.deepEqual(
      json.clouds.map(({ cloud }) => cloud),
      ["aws", "azure", "gcp", "local"],
    );
    assert.deepEqual((await inProcess(["compare"])).stderr, `error: give a document, or a stack with -s\n${HELP}`);
  });
});
