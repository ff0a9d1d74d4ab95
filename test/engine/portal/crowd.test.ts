import assert from "node:assert/strict";
import { Crowd } from "./crowd/crowd.ts";

// bench/portal-load.ts does the same with 50 stacks and 1,000 operations.
describe("a portal with many stacks and clients at once", () => {
  it("tells each client of its own stack only, and holds no more for what has ended", async () => {
    const crowd = await Crowd.open({ stacks: 4, gateways: 0 });
    try {
      const deployed = await crowd.deploy();
      assert.equal(deployed.filter(({ state }) => state === "failed").length, 1);
      await crowd.standIn();
      await crowd.round();
      const before = await crowd.portal.memory();
      for (let round = 0; round < 2; round++) await crowd.round();
      const after = await crowd.portal.memory();
      assert.ok(
        after.heapUsed - before.heapUsed < 8 * 2 ** 20,
        `8 operations later it holds ${after.heapUsed - before.heapUsed} bytes more`,
      );
      await crowd.demandLists(4);
    } finally {
      await crowd.close();
    }
  }).timeout(240_000);
});
