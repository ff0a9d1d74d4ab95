import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationSummary, Plan, StoredEvent } from "../../../portal/service.ts";
import { HttpPortal } from "./http-process.ts";
import { DOCUMENT, PortalLab, until } from "./support.ts";

const MIB = 192;
const ENDED = new Set(["succeeded", "failed", "cancelled", "lost"]);

/** Runs a command with a small disk of its own for a folder; it is gone when the last process that sees it is. */
const withDisk = (folder: string) => [
  "unshare",
  "--mount",
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  "sh",
  "-c",
  `mount -t tmpfs -o size=${MIB}m tmpfs '${folder}' && mkdir -m 700 '${folder}/tmp' && exec "$@"`,
  "sh",
];

describe("the portal over HTTP when its disk is full", function () {
  this.timeout(180_000);
  let lab: PortalLab;
  let portal: HttpPortal;
  let filler: string;
  before(async function () {
    lab = await PortalLab.open();
    const disk = join(lab.folder, ".gateway");
    mkdirSync(disk);
    const [command = "", ...args] = [...withDisk(disk), "true"];
    // Linux, and a user who may make such a disk.
    if (spawnSync(command, args).status !== 0) this.skip();
    const { project: _, ...options } = lab.options();
    const temporary = { TMPDIR: join(disk, "tmp") };
    portal = await HttpPortal.start({ options, root: lab.folder }, withDisk(disk), temporary);
    filler = `/proc/${portal.pid}/root${disk}/filler`;
    await portal.expect(201, "POST", "/stacks", { name: "one", cloud: "aws", document: DOCUMENT });
  });
  after(async () => {
    if (filler !== undefined) free();
    await portal?.stop();
    lab?.close();
  });

  /** To the last byte. */
  function fill(): void {
    const file = openSync(filler, "a");
    for (const size of [1 << 20, 4096, 1]) {
      const block = Buffer.alloc(size);
      try {
        for (;;) writeSync(file, block);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
      }
    }
    closeSync(file);
  }
  const free = () => rmSync(filler, { force: true });

  async function apply(value: string, delayMs: number, kind = "up"): Promise<OperationSummary> {
    lab.items("one", { a: { value, delayMs }, b: { value, delayMs } });
    const plan = await portal.expect<Plan>(201, "POST", "/stacks/one/plans", { kind });
    if (plan.state === "waiting for approval")
      await portal.expect(201, "POST", `/plans/${plan.id}/approvals`, { verdict: "approved", digest: plan.digest, comment: "" });
    return portal.expect<OperationSummary>(202, "POST", `/plans/${plan.id}/apply`);
  }
  const operation = (id: string) => portal.expect<OperationSummary>(200, "GET", `/operations/${id}`);
  async function ended(id: string): Promise<OperationSummary> {
    await until(async () => ENDED.has((await operation(id)).state), "the operation never ended", 120_000);
    return operation(id);
  }

  it("answers what changes something with 503, and what reads as ever; afterwards everything is as it was", async () => {
    const first = await ended((await apply("1", 10)).id);
    assert.equal(first.state, "succeeded", JSON.stringify(first.error));
    const read = await portal.call("GET", "/api/v1/stacks/one/document");
    const etag = String(read.headers.get("etag"));
    const save = () => portal.call("PUT", "/api/v1/stacks/one/document", { text: `${DOCUMENT}# more\n` }, { "if-match": etag });
    const once = { "idempotency-key": "while-the-disk-was-full" };
    const changes = [
      save,
      () => portal.call("POST", "/api/v1/stacks", { name: "two", cloud: "aws", document: DOCUMENT }),
      () => portal.call("POST", "/api/v1/stacks/one/plans", { kind: "up" }, once),
      () => portal.call("POST", "/api/v1/stacks/one/operations", { kind: "refresh" }, once),
      () => portal.call("PUT", "/api/v1/stacks/one/secrets/word", { value: "not stored" }),
    ];
    fill();
    for (const change of changes) {
      const { status, headers, body } = await change();
      assert.equal(status, 503, JSON.stringify(body));
      assert.equal(headers.get("content-type"), "application/problem+json");
      assert.equal(headers.get("retry-after"), "5");
      assert.match(String(body.detail), /^The (portal's )?disk is full$/);
      assert.doesNotMatch(JSON.stringify(body), /ENOSPC|\.ts\b|\.gateway|pg_wal|No space/);
    }
    for (const path of ["/healthz", "/api/v1/stacks", "/api/v1/stacks/one/document", `/api/v1/operations/${first.id}`, "/api/v1/audit"])
      assert.equal((await portal.call("GET", path)).status, 200, path);
    const page = await portal.call<string>("GET", "/stacks", undefined, { accept: "text/html" });
    assert.equal(page.status, 200);

    free();
    assert.equal((await save()).status, 200, "the version somebody has seen is still the one there is");
    assert.deepEqual((await portal.expect<{ items: unknown[] }>(200, "GET", "/stacks")).items.length, 1);
    assert.deepEqual((await portal.expect<{ items: unknown[] }>(200, "GET", "/stacks/one/plans")).items.length, 1);
    assert.deepEqual((await portal.expect<{ items: unknown[] }>(200, "GET", "/stacks/one/operations")).items.length, 1);
  });

  it("loses nothing of an operation in whose midst it filled up, and begins what waits when there is room again", async () => {
    const { id } = await apply("3", 1500);
    const next = await portal.expect<OperationSummary>(202, "POST", "/stacks/one/operations", { kind: "refresh" });
    await lab.journalHas("one", "update a begin");
    fill();
    await sleep(3000);
    assert.equal((await portal.call("GET", "/healthz")).status, 200);
    assert.equal((await operation(next.id)).state, "waiting");
    free();
    const end = await ended(id);
    assert.ok(end.state === "succeeded" || end.error?.message === "The disk is full", JSON.stringify(end));
    assert.equal((await ended(next.id)).state, "succeeded");

    const events: StoredEvent[] = [];
    for await (const event of portal.events(id)) events.push(event);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
    );
    // Each thing was made once, and is deleted once.
    assert.equal((await ended((await apply("3", 10, "destroy")).id)).state, "succeeded");
    const done = lab.journal("one").filter((line) => /^(create|delete) \w+ end/.test(line));
    assert.deepEqual(done.map((line) => line.split(" ").slice(0, 2).join(" ")).sort(), ["create a", "create b", "delete a", "delete b"]);
  });
});
