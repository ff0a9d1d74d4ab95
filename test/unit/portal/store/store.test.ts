import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Refusal } from "../../../../portal/service.ts";
import { auditDamage, auditPage, note } from "../../../../portal/store/audit.ts";
import { type Database, openDatabase } from "../../../../portal/store/database.ts";
import { databaseFailure } from "../../../../portal/store/failures.ts";
import { IdempotencyKeys } from "../../../../portal/store/idempotency.ts";
import { migrate } from "../../../../portal/store/migrate.ts";
import { addEvents, eventsAfter, insertOperation, operationPage, operationRow } from "../../../../portal/store/operations.ts";
import { Sessions } from "../../../../portal/store/sessions.ts";
import { insertStack } from "../../../../portal/store/stacks.ts";

const actor = { id: "me", from: "127.0.0.1" };

describe("the portal's store", () => {
  let folder: string;
  let database: Database;
  before(async function () {
    this.timeout(90_000);
    folder = mkdtempSync(join(tmpdir(), "gateway-store-"));
    database = await openDatabase({ folder, url: "" });
  });
  after(async () => {
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("belongs to one process at a time, and keeps what was stored when it is opened again", async () => {
    await assert.rejects(openDatabase({ folder, url: "" }), {
      code: "locked",
      message: /^The portal's database in \S+ is in use by process \d+ on \S+$/,
      remedy: "stop that portal, or set DATABASE_URL so that several can share one server",
    });
    await new Sessions(database).put("kept", { who: "me" }, new Date(Date.now() + 60_000));
    await database.close();
    database = await openDatabase({ folder, url: "" });
    assert.deepEqual(await new Sessions(database).get("kept"), { who: "me" });
  }).timeout(30_000);

  it("refuses the tables of a newer portal", async () => {
    await database.query("INSERT INTO portal.migration (version) VALUES (1000)");
    await assert.rejects(migrate(database), {
      code: "unavailable",
      remedy: "start the newer portal, or restore a backup made before it ran",
    });
    await database.query("DELETE FROM portal.migration WHERE version = 1000");
    await migrate(database);
  });

  it("only adds to the audit log, and finds what was changed behind its back", async () => {
    for (let index = 1; index <= 5; index++)
      await database.transaction((sql) => note(sql, { actor, action: "test", subject: `s${index}`, outcome: "done" }));
    for (const statement of ["UPDATE portal.audit SET actor = 'you'", "DELETE FROM portal.audit", "TRUNCATE portal.audit"])
      await assert.rejects(database.query(statement), /the audit log only grows/);
    const first = await auditPage(database, { limit: 2 });
    assert.deepEqual([first.items.map(({ subject }) => subject), first.next], [["s5", "s4"], "4"]);
    const last = await auditPage(database, { limit: 200, after: "4" });
    assert.deepEqual([last.items.map(({ sequence }) => sequence), last.next], [[3, 2, 1], undefined]);
    assert.equal(await auditDamage(database), undefined);

    await database.query("ALTER TABLE portal.audit DISABLE TRIGGER USER");
    await database.query("UPDATE portal.audit SET actor = 'you' WHERE sequence = 3");
    assert.equal(await auditDamage(database), 3);
    await database.query("UPDATE portal.audit SET actor = 'me' WHERE sequence = 3");
    assert.equal(await auditDamage(database), undefined);
    await database.query("DELETE FROM portal.audit WHERE sequence = 2");
    assert.equal(await auditDamage(database), 2);
    await database.query("ALTER TABLE portal.audit ENABLE TRIGGER USER");
  });

  it("notes nothing of what was rolled back", async () => {
    const before = (await auditPage(database, {})).items.length;
    const work = database.transaction(async (sql) => {
      await note(sql, { actor, action: "test", subject: "never", outcome: "done" });
      throw new Error("no");
    });
    await assert.rejects(work, /^Error: no$/);
    assert.equal((await auditPage(database, {})).items.length, before);
  });

  it("refuses pages that are none", async () => {
    for (const page of [{ limit: 0 }, { limit: 201 }, { limit: 1.5 }, { after: "x" }, { after: "-1" }, { after: "99999999999" }])
      await assert.rejects(auditPage(database, page), { name: "Refusal", code: "invalid" });
  });

  it("answers a request with an idempotency key once", async () => {
    const keys = new IdempotencyKeys(database);
    const both = await Promise.allSettled([keys.begin("me", "k", "r1"), keys.begin("me", "k", "r1")]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    await keys.finish("me", "k", { status: 201, headers: { location: "/x" }, body: "{}" });
    assert.deepEqual(await keys.begin("me", "k", "r1"), { status: 201, headers: { location: "/x" }, body: "{}" });
    await assert.rejects(keys.begin("me", "k", "r2"), { code: "invalid", message: "The idempotency key was used for another request" });
    assert.equal(await keys.begin("you", "k", "r2"), "new");
    await keys.abandon("you", "k");
    assert.equal(await keys.begin("you", "k", "r3"), "new");
  });

  it("keeps sessions by a digest of their token", async () => {
    const sessions = new Sessions(database);
    const later = new Date(Date.now() + 60_000);
    await sessions.put("secret-token", { a: 1 }, later);
    await sessions.renew("secret-token", { a: 2 }, later);
    await sessions.renew("another", { a: 3 }, later);
    assert.deepEqual(await sessions.get("secret-token"), { a: 2 });
    assert.equal(await sessions.get("another"), undefined);
    const rows = await database.query("SELECT * FROM portal.session");
    assert.ok(!JSON.stringify(rows).includes("secret-token"));
    assert.deepEqual(await sessions.take("secret-token"), { a: 2 });
    assert.equal(await sessions.take("secret-token"), undefined);
    await sessions.put("old", { a: 1 }, new Date(Date.now() - 1000));
    assert.equal(await sessions.get("old"), undefined);
    await sessions.sweep();
    assert.equal((await database.query("SELECT 1 FROM portal.session WHERE expires_at <= now()")).length, 0);
  });

  it("numbers events without gaps, whoever adds them at the same time", async () => {
    await insertStack(database, { name: "one", cloud: "aws", stack_file: "", four_eyes: false, document_folder: "", by: "me" });
    await insertOperation(database, { id: "op", stack: "one", kind: "preview", by: "me" });
    const event = (text: string) => ({ at: new Date().toISOString(), event: { kind: "note" as const, message: text } });
    const added = Array.from({ length: 20 }, (_, index) =>
      database
        .transaction(async (sql) => {
          await addEvents(sql, "op", [event(`${index} a`), event(`${index} b`)]);
          if (index % 4 === 0) throw new Error("rolled back");
        })
        .catch(() => {}),
    );
    await Promise.all(added);
    const events = await eventsAfter(database, "op", 0, 1000);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      Array.from({ length: 31 }, (_, index) => index + 1),
    );
    assert.equal((await operationRow(database, "op")).last_sequence, 31);
    assert.deepEqual(
      (await eventsAfter(database, "op", 30, 1000)).map(({ sequence }) => sequence),
      [31],
    );
  });

  it("fills a page of operations of one kind, whatever lies between them, and finds a plan's operation", async () => {
    await insertStack(database, { name: "two", cloud: "aws", stack_file: "", four_eyes: false, document_folder: "", by: "me" });
    for (let index = 1; index <= 12; index++)
      await insertOperation(database, { id: `two-${index}`, stack: "two", kind: index % 4 === 0 ? "verify" : "preview", by: "me" });
    const verify = { kind: "verify" } as const;
    const first = await operationPage(database, "two", { limit: 2 }, verify);
    assert.deepEqual(
      first.items.map(({ id }) => id),
      ["two-12", "two-8"],
    );
    assert.ok(first.next);
    const last = await operationPage(database, "two", { limit: 2, after: first.next }, verify);
    assert.deepEqual([last.items.map(({ id }) => id), last.next], [["two-4"], undefined]);
    assert.deepEqual((await operationPage(database, "one", {}, verify)).items, []);
    assert.deepEqual((await operationPage(database, "two", {}, { plan: "none" })).items, []);
  });

  it("tells a database that is away from a statement that is wrong", async () => {
    for (const error of [{ code: "ECONNREFUSED" }, { code: "57P01" }, { code: "08006" }, { code: "53300" }, { name: "RuntimeError" }]) {
      const failure = databaseFailure(Object.assign(new Error("inner words"), error)) as Refusal;
      assert.deepEqual([failure.code, failure.message], ["unavailable", "The portal's database does not answer"]);
    }
    for (const code of ["ENOSPC", "53100", "EDQUOT"])
      assert.equal((databaseFailure(Object.assign(new Error("inner words"), { code })) as Refusal).message, "The portal's disk is full");
    await assert.rejects(database.query("SELECT nonsense"), (error: Error) => error.name !== "Refusal");
    await assert.rejects(openDatabase({ folder, url: "postgresql://nobody@127.0.0.1:1/none" }), { name: "Refusal", code: "unavailable" });
    await assert.rejects(openDatabase({ folder: "/dev/null/portal", url: "" }), (error: Error) => error instanceof Error);
  });
});
