import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Portal } from "../../../portal/service/index.ts";
import { type Database, openDatabase } from "../../../portal/store/database.ts";
import { PostgresServer } from "../../support/postgres.ts";
import { applied, DOCUMENT, ended, eventsOf, me, PortalLab, until } from "./support.ts";

const CANARY = "c4nary/+value&of=secret";
const STACKS = ["red", "green", "blue", "grey"];

describe("portals that share one database server (needs PostgreSQL's programs)", () => {
  let postgres: PostgresServer | undefined;
  let lab: PortalLab;
  let first: Portal;
  let second: Portal;
  let database: Database;
  before(async function () {
    this.timeout(120_000);
    postgres = await PostgresServer.start();
    if (postgres === undefined) {
      this.skip();
      return;
    }
    lab = await PortalLab.open();
    const options = { databaseUrl: postgres.url, concurrency: 2 };
    // Both find an empty database at the same moment.
    [first, second] = await Promise.all([
      lab.portal(options),
      lab.portal({ ...options, dataFolder: join(lab.folder, ".gateway", "second") }),
    ]);
    database = await openDatabase({ folder: lab.folder, url: postgres.url });
    for (const name of STACKS) await first.createStack(me, { name, cloud: "aws", document: DOCUMENT });
  });
  after(async () => {
    await Promise.allSettled([first?.close(), second?.close(), database?.close()]);
    await postgres?.close();
    lab?.close();
  });

  it("share the work, keep each stack's order, and let no event cross stacks", async () => {
    for (const name of STACKS) lab.items(name, { [`${name}-item`]: { value: "1", delayMs: 200 } });
    const asked = await Promise.all(
      STACKS.flatMap((name, index) => {
        const portal = index % 2 === 0 ? first : second;
        return [portal.start(me, name, "preview"), portal.start(me, name, "preview")];
      }),
    );
    const owners = new Set<string>();
    await until(async () => {
      const rows = await database.query<{ owner: string }>("SELECT DISTINCT owner FROM portal.operation WHERE owner IS NOT NULL");
      for (const { owner } of rows) owners.add(owner);
      return owners.size === 2;
    }, "one portal did all the work");
    const operations = await Promise.all(
      asked.map(async ({ id }, index) => {
        // Whoever runs it, both portals tell the same.
        const [here, there] = await Promise.all([eventsOf(first, id), eventsOf(second, id)]);
        assert.deepEqual(here, there);
        const others = STACKS.filter((name) => name !== asked[index]?.stack);
        const text = JSON.stringify(here);
        assert.ok(text.includes(`${asked[index]?.stack}-item`));
        for (const other of others) assert.ok(!text.includes(`${other}-item`), `events of ${other} in those of ${asked[index]?.stack}`);
        return first.operation(me, id);
      }),
    );
    assert.deepEqual([...new Set(operations.map(({ state }) => state))], ["succeeded"]);
    for (const name of STACKS) {
      const [a, b] = operations
        .filter(({ stack }) => stack === name)
        .sort((x, y) => String(x.startedAt).localeCompare(String(y.startedAt)));
      assert.ok(String(a?.endedAt) <= String(b?.startedAt), `two operations of ${name} ran at the same time`);
    }
  }).timeout(180_000);

  it("keep secrets out of everything they tell and store", async () => {
    await first.setSecret(me, "red", "canary", CANARY);
    assert.deepEqual(await first.secrets(me, "red"), ["canary"]);
    // The cloud's refusal quotes the secret, in every form it might.
    const forms = [
      CANARY,
      Buffer.from(CANARY).toString("base64"),
      Buffer.from(`user:${CANARY}`).toString("base64"),
      encodeURIComponent(CANARY),
    ];
    lab.items("red", {
      holder: { value: { secret: "canary" } },
      refused: { value: { secret: "canary" }, fail: `the cloud says: ${forms.join(" | ")}` },
    });
    const operation = await applied(first, "red");
    const end = await ended(first, operation.id);
    assert.equal(end.state, "failed");
    assert.match(String(end.error?.message), /the cloud says: \[secret\] \| .*\[secret\]/);

    const told = [
      await eventsOf(first, operation.id),
      end,
      await first.outputs(me, "red"),
      await first.plan(me, String(operation.plan)),
      await first.audit(me, {}),
      await first.stacks(me),
    ];
    const tables = await database.query<{ name: string }>(
      "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables WHERE table_schema IN ('portal', 'portal_queue') AND table_type = 'BASE TABLE'",
    );
    const stored = await Promise.all(tables.map(({ name }) => database.query(`SELECT * FROM ${name}`)));
    const everything = JSON.stringify([told, stored]);
    const base64 = [0, 1, 2].map((shift) =>
      Buffer.from("x".repeat(shift) + CANARY)
        .toString("base64")
        .slice(4, -4),
    );
    for (const form of [CANARY, encodeURIComponent(CANARY), Buffer.from(CANARY).toString("hex"), ...base64])
      assert.ok(!everything.includes(form), `the secret is told as ${form}`);

    // The next plan says that it differs, not how.
    await first.setSecret(me, "red", "canary", `${CANARY}2`);
    const plan = await first.requestPlan(me, "red", "up");
    assert.deepEqual(
      plan.controls.filter(({ control }) => control === "secret"),
      [{ control: "secret", place: "secret canary", before: "[secret]", after: "[secret], changed", weakens: false }],
    );
    for (const folder of ["portal", "second"]) {
      const files = readdirSync(join(lab.folder, ".gateway", folder), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      for (const file of files)
        assert.ok(!readFileSync(join(file.parentPath, file.name), "utf8").includes(CANARY), `the secret stands in ${file.name}`);
    }
  }).timeout(180_000);

  it("say that they are unavailable while the server is away, and go on when it is back", async () => {
    assert.ok(postgres);
    const { version, text } = await first.document(me, "blue");
    await postgres.kill();
    for (const call of [
      () => first.stacks(me),
      () => first.saveDocument(me, "blue", `${text}# lost?\n`, version),
      () => second.requestPlan(me, "blue", "up"),
    ])
      await assert.rejects(call(), { name: "Refusal", code: "unavailable", message: "The portal's database does not answer" });
    await postgres.boot();
    const saved = await first.saveDocument(me, "blue", `${text}# kept\n`, version);
    assert.equal(saved.version, version + 1);
    assert.equal((await second.document(me, "blue")).text, saved.text);
    assert.equal((await ended(second, (await second.start(me, "blue", "preview")).id)).state, "succeeded");
  }).timeout(120_000);
});
