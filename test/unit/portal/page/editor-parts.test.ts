import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parseDocument } from "yaml";
import { formatPath } from "../../../../components/spec/faults.ts";
import { partsOf, placed } from "../../../../portal/page/faults.ts";
import { describe as describeField, fieldsAt, type Schema, valuesAt } from "../../../../portal/page/shared/schema.ts";
import { fieldsIn, placeAt, type Step } from "../../../../portal/page/shared/yaml-place.ts";
import { DOCUMENT } from "../../../support/portal-page/sample.ts";

const schema = JSON.parse(readFileSync(new URL("../../../../docs/schema/gateway.schema.json", import.meta.url), "utf8")) as Schema;

/** Where the cursor `|` of a text is. */
function at(marked: string) {
  const cursor = marked.indexOf("|");
  return placeAt(marked.slice(0, cursor) + marked.slice(cursor + 1), cursor);
}

describe("the place of a cursor in a document", () => {
  const cases: readonly (readonly [string, ReturnType<typeof placeAt>])[] = [
    ["na|", { path: [], typing: "field", word: "na" }],
    ["name: |", { path: ["name"], typing: "value", word: "" }],
    ["tls:\n  mini|", { path: ["tls"], typing: "field", word: "mini" }],
    ["tls:\n  |", { path: ["tls"], typing: "field", word: "" }],
    ["tls:\n  a: 1\n|", { path: [], typing: "field", word: "" }],
    ['tls:\n  minimumVersion: "1|', { path: ["tls", "minimumVersion"], typing: "value", word: '"1' }],
    ["routes:\n  a:\n    path: /x\n  b:\n    me|", { path: ["routes", "b"], typing: "field", word: "me" }],
    ["routes:\n  a: { path: /x, me|", { path: ["routes", "a"], typing: "field", word: "me" }],
    ["routes:\n  a: { path: /x, methods: [GET, P|", { path: ["routes", "a", "methods", 1], typing: "value", word: "P" }],
    ["routes:\n  a: { require: [{ jwt: x }, { jwt: l|", { path: ["routes", "a", "require", 1, "jwt"], typing: "value", word: "l" }],
    ["routes:\n  a: { backend: c }\n  b: { |", { path: ["routes", "b"], typing: "field", word: "" }],
    ["cors:\n  allowMethods:\n    - GET\n    - |", { path: ["cors", "allowMethods", 1], typing: "field", word: "" }],
    ["x:\n- a: 1\n  b: 2\n- c|", { path: ["x", 1], typing: "field", word: "c" }],
    ["a: {\n  b: 1,\n  c|", { path: ["a"], typing: "field", word: "c" }],
    ['"quoted key":\n  in|', { path: ["quoted key"], typing: "field", word: "in" }],
    ["a: 1 # comm|", undefined],
    ["# comm|", undefined],
  ];
  for (const [marked, expected] of cases) it(`${JSON.stringify(marked)}`, () => assert.deepEqual(at(marked), expected));
  it("is none in a block of text", () => {
    const text = "a: |\n  some: text\n  mo";
    assert.equal(placeAt(text, text.length), undefined);
    assert.deepEqual(
      fieldsIn(`${text}\nb: 1`).map(({ name }) => name),
      ["a", "b"],
    );
  });

  it("never throws, and never says what is not before the cursor", () => {
    const piece = fc.constantFrom(
      "a",
      "b:",
      " ",
      "  ",
      "\n",
      "- ",
      "{",
      "}",
      "[",
      "]",
      ",",
      ": ",
      "'",
      '"',
      "#",
      "|",
      ">",
      "\\",
      "é",
      "1.5",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        const place = placeAt(text, text.length);
        assert.ok(place === undefined || text.includes(place.word));
      }),
      { numRuns: 2000 },
    );
  });

  it("finds the fields that the YAML parser finds, where it finds them", () => {
    const expected: { path: Step[]; name: string; at: number }[] = [];
    const walk = (node: unknown, path: Step[]) => {
      const { items } = (node ?? {}) as { items?: { key?: { value: string; range: number[] }; value?: unknown }[] };
      for (const [index, item] of (items ?? []).entries()) {
        if (item.key === undefined) walk(item, [...path, index]);
        else {
          expected.push({ path, name: String(item.key.value), at: item.key.range[0] ?? -1 });
          walk(item.value, [...path, String(item.key.value)]);
        }
      }
    };
    for (const text of [DOCUMENT, readFileSync(new URL("../../../../gateways/shop.yaml", import.meta.url), "utf8")]) {
      expected.length = 0;
      walk(parseDocument(text).contents, []);
      assert.ok(expected.length > 30);
      assert.deepEqual(fieldsIn(text), expected);
    }
  });
});

describe("completion from the schema", () => {
  const names = (path: readonly Step[], present: readonly string[] = []) => fieldsAt(schema, path, present).map(({ name }) => name);

  it("offers the document's fields, those that have to be there first, without those that are there", () => {
    assert.deepEqual(names([]).slice(0, 3), ["name", "hostname", "backends"]);
    assert.ok(!names([], ["name"]).includes("name"));
    assert.ok(!names([]).includes("$schema"));
  });

  it("offers fields of maps with names of one's own, and of choices", () => {
    assert.ok(names(["routes", "anything"]).includes("bodyLimit"));
    assert.ok(names(["backends", "orders", "tls"]).includes("clientCertificate"));
    assert.ok(names(["routes", "a", "require", 0]).includes("jwt"));
    assert.ok(names(["tls", "certificate"]).includes("source"));
    assert.deepEqual(names(["nowhere", "at", "all"]), []);
    assert.deepEqual(names(["constructor"]), []);
  });

  it("offers values", () => {
    const values = (path: readonly Step[]) => valuesAt(schema, path).map(({ text }) => text);
    assert.deepEqual(values(["routes", "a", "public"]), ["true", "null"]);
    assert.ok(values(["tls", "certificate", "source"]).includes("managed"));
    assert.deepEqual(values(["routes", "a", "methods", 0]), ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
    // As YAML has to write it: without quotes it would be a number.
    assert.ok(values(["tls", "minimumVersion"]).includes('"1.2"'));
  });

  it("says what a field means", () => {
    const name = fieldsAt(schema, [], [])[0] ?? assert.fail();
    assert.equal(describeField(name.schema).text, "Name of the gateway; resources in the cloud are named after it.");
  });
});

describe("places of faults", () => {
  it("takes paths apart as faults write them", () => {
    const step = fc.oneof(
      fc.nat(9999),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
      fc.constantFrom("a.b", 'x"y', "routes", "[0]"),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => assert.deepEqual(partsOf(formatPath(steps)), steps)),
      { numRuns: 500 },
    );
  });

  it("finds a fault in the text, or what it is in", () => {
    const fault = (path: string) => ({ path, message: "m", remedy: "r" });
    const found = placed(
      [fault("routes.list-orders.backend"), fault("backends.orders.nothing"), fault(""), { ...fault("x"), line: 7 }],
      DOCUMENT,
    );
    assert.deepEqual(
      found.map(({ line, column }) => [line, column]),
      [
        [26, 49],
        [19, 3],
        [1, 1],
        [7, 1],
      ],
    );
  });
});
