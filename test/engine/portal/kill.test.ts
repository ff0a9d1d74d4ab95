import assert from "node:assert/strict";
import { PostgresServer } from "../../support/postgres.ts";
import { Soak, type Victim } from "./kill/soak.ts";

describe("a portal whose processes are killed", () => {
  const run = async (soak: Soak, points: readonly (readonly [Victim, number])[]) => {
    for (const [victim, afterMs] of points) assert.equal((await soak.point(victim, afterMs)).state, "succeeded");
  };

  it("goes on: its runner, then itself with the embedded database", async () => {
    const soak = await Soak.open();
    try {
      await run(soak, [
        ["runner", 2500],
        ["portal", 1500],
        ["portal", 200],
      ]);
    } finally {
      await soak.close();
    }
  }).timeout(300_000);

  it("goes on: the database server, then the portal", async function () {
    const postgres = await PostgresServer.start();
    if (postgres === undefined) {
      // This machine has no PostgreSQL, or none that its user can run.
      this.skip();
      return;
    }
    const soak = await Soak.open(postgres);
    try {
      await run(soak, [
        ["postgres", 1500],
        ["portal", 1000],
      ]);
    } finally {
      await soak.close();
      await postgres.close();
    }
  }).timeout(300_000);
});
