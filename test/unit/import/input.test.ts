import assert from "node:assert/strict";
import fc from "fast-check";
import { formatFault } from "../../../components/spec/faults.ts";
import { readAnswers } from "../../../import/answers.ts";
import { FORMATS } from "../../../import/formats.ts";
import { importGateway } from "../../../import/import.ts";
import { readSample } from "./support.ts";

const faultsOf = (text: string, name = "in.yaml") => importGateway({ files: [{ name, text }] }).faults.map(formatFault);

/** Whether a value holds anything at all; empty lists and maps in one another do not. */
const says = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.values(value).some(says) : value !== null && value !== undefined;

describe("input of an import", () => {
  it("what cannot be read is a fault with its place and a remedy", () => {
    const xml = "exported in the format xml, not rawxml".replace("exported", "export the policies");
    const cases: readonly (readonly [string, RegExp])[] = [
      ["", /^in\.yaml: the file is empty; give a file with something in it$/],
      ["# only a comment\n", /^in\.yaml: the file is empty;/],
      ["- a\n- b\n", /^in\.yaml: it is not a map of fields; give a file in one of the formats that can be imported$/],
      ["just words", /^in\.yaml: it is not a map of fields;/],
      ["a: [1\nb: 2\n", /^in\.yaml:2:\d+: /],
      ["a: &x\n  b: *x\n", /a YAML alias stands inside the value it names; write the value out instead of using an alias$/],
      [`${"a: {".repeat(200)}`, /nested too deeply|in\.yaml:1/],
      ["name: shop\n", /^in\.yaml: the format is not known; say it with --from$/],
      ["<policies><inbound></policies>", new RegExp(`^in\\.yaml: the XML cannot be read: .+; ${xml}$`)],
      ["<!DOCTYPE a><policies/>", new RegExp(`^in\\.yaml: the XML cannot be read: it has a DOCTYPE, which policies never have; ${xml}$`)],
    ];
    for (const [text, message] of cases) {
      const faults = faultsOf(text);
      assert.ok(faults.length > 0, text);
      assert.match(faults[0] ?? "", message);
    }
  });

  it("lines of a later document of a YAML stream are those of the file", () => {
    assert.match(faultsOf("a: 1\n---\nb: 2\n---\nc: [\n")[0] ?? "", /^in\.yaml:[56]:/);
  });

  it("every format takes any well-formed input without failing, and reports all of it or carries it", () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 3 }),
        tie("map"),
      ),
      map: fc.dictionary(
        fc.constantFrom(
          "paths",
          "openapi",
          "swagger",
          "security",
          "services",
          "plugins",
          "routes",
          "spec",
          "kind",
          "apiVersion",
          "metadata",
          "rules",
          "get",
          "/a",
          "name",
          "components",
          "securitySchemes",
          "x-google-backend",
          "x-amazon-apigateway-integration",
        ),
        tie("any"),
        { maxKeys: 5 },
      ),
    })).map;
    fc.assert(
      fc.property(value, fc.constantFrom(...(Object.keys(FORMATS) as (keyof typeof FORMATS)[])), (map, format) => {
        const { imported, faults } = importGateway({ files: [{ name: "in.json", text: JSON.stringify(map) }], format });
        if (imported === undefined) assert.ok(faults.length > 0);
        else if (says(map))
          assert.ok(
            imported.leftovers.length > 0 ||
              Object.keys(imported.document.routes as object).length > 0 ||
              JSON.stringify(imported.document).length > 30,
          );
      }),
      { numRuns: 600 },
    );
  });

  it("a truncated sample is a fault or an import, never a failure", () => {
    for (const name of ["kong.yaml", "gateway-api.yaml", "aws-rest.json", "azure-policy.xml", "endpoints.yaml"]) {
      const text = readSample(name);
      for (let part = 1; part < 12; part++) {
        const { imported, faults } = importGateway({ files: [{ name, text: text.slice(0, (text.length * part) / 12) }] });
        assert.ok(imported !== undefined || faults.length > 0);
      }
    }
  });

  it("answers are fields and values in YAML", () => {
    assert.deepEqual(readAnswers(["hostname=api.example.com", "jwt.providers.a.audiences=[x, y]", "jwt.providers.a.issuer=https://i"]), {
      fields: { hostname: "api.example.com", jwt: { providers: { a: { audiences: ["x", "y"], issuer: "https://i" } } } },
    });
    assert.deepEqual(readAnswers(["hostname"]), { wrong: '"hostname" is not a field and its value' });
    assert.match((readAnswers(["a=[1"]) as { wrong: string }).wrong, /^the value of a is no YAML: /);
  });
});
