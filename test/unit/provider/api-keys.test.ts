import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { provider } from "../../../providers/local/provider.ts";
import { apiKeys } from "../../../providers/local/resources/api-keys.ts";
import { inTemporaryFolder } from "./support/openssl.ts";
import { operation, urnOf } from "./support/provider.ts";

const call = operation("ApiKeys");
const consumers = (spec: Record<string, number>, keepPrevious = false) => ({
  consumers: Object.fromEntries(Object.entries(spec).map(([name, generation]) => [name, { generation, keepPrevious }])),
});

describe("provider: ApiKeys", () => {
  it("makes 256 random bits for every consumer", async () => {
    const { outputs } = await apiKeys.create(consumers({ mobile: 1, web: 1 }), call);
    assert.deepEqual(Object.keys(outputs.keys), ["mobile", "web"]);
    for (const [name, key] of Object.entries(outputs.keys)) {
      assert.match(key, /^[A-Za-z0-9_-]{43}$/);
      assert.deepEqual(outputs.accepted[name], [key]);
    }
    assert.equal(new Set(Object.values(outputs.keys)).size, 2);
  });

  it("leaves other keys alone when a consumer comes or goes", async () => {
    const inputs = consumers({ mobile: 1, web: 1 });
    const before = { inputs, outputs: (await apiKeys.create(inputs, call)).outputs };
    const wanted = consumers({ web: 1, partner: 1 });
    assert.deepEqual((await apiKeys.diff("k", before, wanted, call)).changes, {
      "consumers.mobile": "input",
      "consumers.partner": "input",
    });
    const next = await apiKeys.update("k", before, wanted, call);
    assert.equal(next.keys.web, before.outputs.keys.web);
    assert.deepEqual(Object.keys(next.keys), ["web", "partner"]);
    assert.deepEqual(Object.keys(next.accepted), ["web", "partner"]);
  });

  it("accepts the key before only while it is kept, and only one", async () => {
    let inputs = consumers({ web: 1 }, true);
    let outputs = (await apiKeys.create(inputs, call)).outputs;
    const seen = [outputs.keys.web];
    const step = async (wanted: typeof inputs) => {
      outputs = await apiKeys.update("k", { inputs, outputs }, wanted, call);
      inputs = wanted;
    };
    await step(consumers({ web: 2 }, true));
    assert.notEqual(outputs.keys.web, seen[0]);
    assert.deepEqual(outputs.accepted.web, [outputs.keys.web, seen[0]]);
    seen.push(outputs.keys.web);
    await step(consumers({ web: 3 }, true));
    assert.deepEqual(outputs.accepted.web, [outputs.keys.web, seen[1]]);
    await step(consumers({ web: 3 }, false));
    assert.deepEqual(outputs.accepted.web, [outputs.keys.web]);
    const current = outputs.keys.web;
    await step(consumers({ web: 3 }, true));
    assert.deepEqual(outputs.accepted.web, [current]);
    await step(consumers({ web: 4 }, false));
    assert.deepEqual(outputs.accepted.web, [outputs.keys.web]);
    assert.notEqual(outputs.keys.web, current);
  });

  it("gives a consumer named like a property of every object a key of its own", async () => {
    const inputs = consumers({ constructor: 1, toString: 1 });
    const { outputs } = await apiKeys.create(inputs, call);
    assert.match(outputs.keys.constructor as unknown as string, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(
      (await apiKeys.update("k", { inputs: consumers({}), outputs: { keys: {}, accepted: {} } }, inputs, call)).keys.toString.length,
      43,
    );
  });

  it("names bad inputs, and a generation that became smaller", async () => {
    const bad = { consumers: { web: { generation: 0, keepPrevious: "yes" }, app: { generation: 1, keepPrevious: false, extra: 1 } } };
    const { failures } = await provider.check(urnOf("ApiKeys"), {}, bad);
    assert.deepEqual(failures, [
      { property: "consumers.web.generation", reason: "0 is too small: allowed: 1 or more" },
      { property: "consumers.web.keepPrevious", reason: 'expected true or false, found "yes": give true or false' },
      { property: "consumers.app.extra", reason: 'unknown field "extra": no further field is allowed here' },
    ]);
    const lowered = await provider.check(urnOf("ApiKeys"), consumers({ web: 5 }), consumers({ web: 4 }));
    assert.deepEqual(lowered.failures, [
      {
        property: "consumers.web.generation",
        reason: "4 is lower than the 5 in use, whose predecessors are gone: give 5, or more for a new one",
      },
    ]);
  });

  it("takes over keys from a JSON file", async () => {
    const [current, previous] = ["a".repeat(43), "b".repeat(43)];
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "keys.json");
      writeFileSync(file, JSON.stringify({ web: current, app: [current, previous] }));
      const imported = await apiKeys.import(file, call);
      assert.deepEqual(imported.inputs, {
        consumers: { web: { generation: 1, keepPrevious: false }, app: { generation: 1, keepPrevious: true } },
      });
      assert.deepEqual(imported.outputs, {
        keys: { web: current, app: current },
        accepted: { web: [current], app: [current, previous] },
      });
      writeFileSync(file, JSON.stringify({ web: "short-secret" }));
      await assert.rejects(apiKeys.import(file, call), (error: Error) => {
        assert.equal(
          error.message,
          `${file} is not a JSON file { "<consumer>": "<key>" or ["<current key>", "<key before>"] }, each key of 32 to 256 characters out of A-Z a-z 0-9 - _: see web`,
        );
        return true;
      });
    });
  });
});
