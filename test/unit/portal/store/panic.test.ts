import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../../../../portal/store/database.ts";

/** The largest file this process may write from now on. @returns whether the machine lets us say so */
const limitFiles = (bytes: number | "unlimited") =>
  spawnSync("prlimit", [`--pid=${process.pid}`, `--fsize=${bytes}:`], { stdio: "ignore" }).status === 0;

describe("the portal's own database when it cannot write its log", () => {
  const ignore = () => {};
  let folder: string;
  let database: Database;
  before(async function () {
    this.timeout(60_000);
    if (!limitFiles("unlimited")) return this.skip();
    process.on("SIGXFSZ", ignore);
    folder = mkdtempSync(join(tmpdir(), "gateway-panic-"));
    database = await openDatabase({ folder, url: "" });
  });
  after(async () => {
    limitFiles("unlimited");
    process.removeListener("SIGXFSZ", ignore);
    await database?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it("says so as long as it lasts, and goes on with what was committed", async () => {
    const session = (id: string) => database.query("INSERT INTO portal.session (id, data, expires_at) VALUES ($1, '{}', now())", [id]);
    const away = { name: "Refusal", code: "unavailable" };
    await session("before");
    // The next entry begins another file of the log, which is larger than files may be now.
    await database.query("SELECT pg_switch_wal()");
    assert.ok(limitFiles(4 << 20));
    const calls = Promise.allSettled([
      database.transaction(async (sql) => sql.query("INSERT INTO portal.session (id, data, expires_at) VALUES ('lost', '{}', now())")),
      // Those who waited for their turn while it panicked.
      session("waited"),
      database.query("SELECT 1"),
      database.raw.executeSql("UPDATE portal.session SET data = '{}'"),
    ]);
    assert.deepEqual(
      (await calls).map(({ status }) => status),
      ["rejected", "rejected", "rejected", "rejected"],
    );
    await assert.rejects(database.query("SELECT 1"), away);
    await assert.rejects(session("after"), away);

    assert.ok(limitFiles("unlimited"));
    const ids = async () => (await database.query<{ id: string }>("SELECT id FROM portal.session ORDER BY id")).map(({ id }) => id);
    assert.deepEqual(await ids(), ["before"]);
    await session("then");
    await database.raw.executeSql("UPDATE portal.session SET data = '[]'");
    await database.close();
    database = await openDatabase({ folder, url: "" });
    assert.deepEqual(await ids(), ["before", "then"]);
  }).timeout(60_000);
});
