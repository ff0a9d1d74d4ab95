import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  duration,
  either,
  elements,
  faultsOf,
  type Grammar,
  is,
  list,
  map,
  maybe,
  nothing,
  number,
  object,
  sequence,
  text,
} from "../../../proof/readers/grammar.ts";

const faults = (grammar: Grammar, value: unknown): string[] => faultsOf(grammar, value, "it").map(({ at, what }) => `${at}: ${what}`);

describe("Grammars of readers", () => {
  it("know every field of an object, those left out as well", () => {
    const grammar = object({ name: text(), size: maybe(number(1, 9)), old: nothing });
    assert.deepEqual(faults(grammar, { name: "a", size: 9 }), []);
    assert.deepEqual(faults(grammar, { name: "a", sise: 3 }), ["it.sise: no reader knows this field"]);
    assert.deepEqual(faults(grammar, { size: 10, old: true }), [
      "it.name: a text like ^[\\s\\S]+$, not nothing",
      "it.size: a number from 1 to 9, not 10",
      "it.old: nothing, not true",
    ]);
    assert.deepEqual(faults(grammar, []), ["it: an object, not []"]);
    assert.deepEqual(faults(grammar, undefined), ["it: an object, not nothing"]);
  });

  it("take values whole, fields of objects in any order", () => {
    assert.deepEqual(faults(is({ a: 1, b: [{ c: 2, d: 3 }] }), { b: [{ d: 3, c: 2 }], a: 1 }), []);
    assert.deepEqual(faults(is({ a: 1 }), { a: 1, b: 2 }), ['it: {"a":1}, not {"a":1,"b":2}']);
    assert.deepEqual(faults(is("x", "y"), ""), ['it: "x" or "y", not ""']);
  });

  it("take lists of the right length, in order or in any", () => {
    assert.deepEqual(faults(list(number(0, 1)), []), ["it: a list of 1 or more, not []"]);
    assert.deepEqual(faults(list(number(0, 1), 0), []), []);
    assert.deepEqual(faults(list(number(0, 1)), [0, 7]), ["it[1]: a number from 0 to 1, not 7"]);
    assert.deepEqual(faults(sequence(is(1), is(2)), [2, 1]), ["it[0]: 1, not 2", "it[1]: 2, not 1"]);
    assert.deepEqual(faults(sequence(is(1)), [1, 1]), ["it: a list of 1, not [1,1]"]);
    assert.deepEqual(faults(elements("a", "b"), ["b", "a"]), []);
    assert.deepEqual(faults(elements("a", "b"), ["b", "b"]), ['it: the values "a","b", not ["b","b"]']);
  });

  it("take names of a map only of their form", () => {
    assert.deepEqual(faults(map(/^\//, is(1)), { "/a": 1, b: 2 }), ["it.b: a name like ^\\/", "it.b: 1, not 2"]);
    assert.deepEqual(faults(map(/./, is(1), 1), {}), ["it: an object, not {}"]);
  });

  it("name what is wrong with the form that fits best", () => {
    const forms = either(object({ a: is(1), b: is(2) }), object({ c: is(3) }));
    assert.deepEqual(faults(forms, { c: 3 }), []);
    assert.deepEqual(faults(forms, { a: 1, b: 3 }), ["it.b: 2, not 3"]);
  });

  it("take durations of protobuf's JSON form within bounds", () => {
    for (const fine of ["1s", "0.5s", "60s"]) assert.deepEqual(faults(duration(0.5, 60), fine), [], fine);
    for (const wrong of ["61s", "0.4s", "1m", "1sx", "", "-1s", 1, undefined])
      assert.equal(faults(duration(0.5, 60), wrong).length, 1, String(wrong));
  });
});
