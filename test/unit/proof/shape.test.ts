import assert from "node:assert/strict";
import { PlainSecret } from "../../../automation/plan/recorder.ts";
import { between, each, faultsOf, json, oneOf, optional, secret, unordered } from "../../../proof/readers/shape.ts";

describe("Shapes of inputs", () => {
  const shape = { name: "a", size: between(1, 5), list: ["x", { on: true }], gone: undefined };

  it("hold for inputs that say just that", () => {
    assert.deepEqual(faultsOf(shape, { name: "a", size: 5, list: ["x", { on: true }] }), []);
  });

  it("name what is missing, other than asked, or unknown", () => {
    assert.deepEqual(faultsOf(shape, { size: 6, list: ["x", { on: true, off: 1 }], gone: 0, more: null }), [
      "more is nothing this reader knows",
      'name is missing, not "a"',
      "size is not between 1 and 5",
      "list[1].off is nothing this reader knows",
      "gone is 0, not missing",
    ]);
  });

  it("hold lists to their length and order, unless they say otherwise", () => {
    assert.deepEqual(faultsOf(["a", "b"], ["b"]), [" has 1 entries, not 2"]);
    assert.deepEqual(faultsOf({ list: unordered(["a", "b"]) }, { list: ["b", "a"] }), []);
    assert.deepEqual(faultsOf({ list: unordered(["a", "b"]) }, { list: ["b", "b"] }).length, 1);
    assert.deepEqual(faultsOf({ list: each("a") }, { list: [] }), ["list is empty"]);
    assert.deepEqual(faultsOf({ list: each(oneOf("a", "b")) }, { list: ["a", "c"] }), ["list[1] is none of 2 things"]);
  });

  it("want secrets marked as such, and look into them", () => {
    assert.deepEqual(faultsOf({ key: secret("k") }, { key: "k" }), ["key is not secret"]);
    assert.deepEqual(faultsOf({ key: secret("k") }, { key: new PlainSecret("other") }), ['key is "other", not "k"']);
    assert.deepEqual(faultsOf({ key: secret("k"), other: "k" }, { key: new PlainSecret("k"), other: new PlainSecret("k") }), []);
  });

  it("look into texts of JSON", () => {
    assert.deepEqual(faultsOf({ policy: json({ a: optional(1) }) }, { policy: "{}" }), []);
    assert.deepEqual(faultsOf({ policy: json({ a: 1 }) }, { policy: '{"a":2}' }), ["policy.a is 2, not 1"]);
    assert.deepEqual(faultsOf({ policy: json({ a: 1 }) }, { policy: "{" }), ["policy is not JSON"]);
  });
});
