import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { documentJsonSchema, documentShape, type JsonSchema } from "../../../components/spec/json-schema/document.ts";
import { stackJsonSchema } from "../../../components/spec/json-schema/stack.ts";

const IN = "test/golden/spec/in";
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
const document = ajv.compile(documentJsonSchema());
const stack = ajv.compile(stackJsonSchema());

/** Where the schema finds something wrong. */
const places = (validate: typeof document, value: unknown): string[] =>
  validate(value) ? [] : [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))];

/** Golden documents whose fault is one of shape, which an editor can show. */
const WRONG_SHAPE = ["wrong-types", "wrong-names", "unknown-fields", "missing-required", "list-document", "scalar-document", "empty"];

describe("the JSON Schema of documents", () => {
  for (const file of globSync(`${IN}/*.yaml`).sort()) {
    const name = basename(file, ".yaml");
    const result = JSON.parse(readFileSync(join("test/golden/spec/out", `${name}.json`), "utf8")) as { faults?: unknown };
    if (result.faults === undefined && name !== "overlay")
      it(`accepts ${name}`, () => assert.deepEqual(places(document, parse(readFileSync(file, "utf8"))), []));
  }

  for (const name of WRONG_SHAPE)
    it(`refuses ${name}`, () => {
      const value = parse(readFileSync(join(IN, `${name}.yaml`), "utf8")) as unknown;
      assert.notDeepEqual(places(document, value), []);
    });

  it("accepts the example", () => assert.deepEqual(places(document, parse(readFileSync("gateways/shop.yaml", "utf8"))), []));

  it("describes every field", () => {
    assert.deepEqual(undescribed(documentShape(), ""), []);
  });

  it("says in words what each pattern allows", () => {
    assert.deepEqual(wordless(documentShape(), ""), []);
  });

  it("says which fields are required and what is assumed for the others", () => {
    const { required, properties } = documentJsonSchema();
    assert.deepEqual(required, ["name", "hostname", "backends"]);
    assert.equal(properties?.http?.default, "redirect");
    assert.equal(properties?.limits?.properties?.body?.default, "1MiB");
  });
});

describe("the JSON Schema of stack files", () => {
  for (const file of globSync("stacks/*.yaml").sort())
    it(`accepts ${basename(file)}`, () => assert.deepEqual(places(stack, parse(readFileSync(file, "utf8"))), []));

  const config = (more: object) => ({
    config: { "secure-gateway:cloud": "aws", "secure-gateway:document": "gateways/shop.yaml", ...more },
  });
  const overlay = (value: unknown) => config({ "secure-gateway:overlay": value });

  it("accepts encrypted secrets and what belongs to others", () => {
    const value = { ...config({ "secure-gateway:tls-key": { secure: "v1:abc" }, "aws:region": "eu-central-1" }), encryptionsalt: "v1:x" };
    assert.deepEqual(places(stack, value), []);
  });

  it("refuses a secret in the open, an unknown cloud and a missing document", () => {
    assert.deepEqual(places(stack, config({ "secure-gateway:tls-key": "abc" })), ["/config/secure-gateway:tls-key"]);
    assert.deepEqual(places(stack, config({ "secure-gateway:cloud": "moon" })), ["/config/secure-gateway:cloud"]);
    assert.deepEqual(places(stack, { config: { "secure-gateway:cloud": "aws" } }), ["/config"]);
  });

  it("lets an overlay leave out, remove and replace", () => {
    const value = {
      backends: { orders: { timeout: "3s" }, stock: null },
      cors: null,
      http: null,
      tls: { certificate: { keyType: "P384" } },
    };
    assert.deepEqual(places(stack, overlay(value)), []);
  });

  it("refuses what no document could have", () => {
    assert.deepEqual(places(stack, overlay({ tsl: {} })), ["/config/secure-gateway:overlay"]);
    assert.deepEqual(places(stack, overlay({ backends: { orders: { timout: "3s" } } })), [
      "/config/secure-gateway:overlay/backends/orders",
    ]);
    assert.deepEqual(
      places(stack, overlay({ rateLimit: { requests: 0 } })).includes("/config/secure-gateway:overlay/rateLimit/requests"),
      true,
    );
  });

  it("takes entries of lists whole", () => {
    const value = { rateLimit: [{ requests: 1 }] };
    assert.ok(places(stack, overlay(value)).includes("/config/secure-gateway:overlay/rateLimit/0"));
  });
});

const below = (schema: JsonSchema, path: string): [JsonSchema, string][] => [
  ...Object.entries(schema.properties ?? {}).map(([name, field]): [JsonSchema, string] => [field, `${path}.${name}`]),
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((branch): [JsonSchema, string] => [branch, path]),
  ...(schema.items ? [[schema.items, `${path}[]`] as [JsonSchema, string]] : []),
  ...(typeof schema.additionalProperties === "object" ? [[schema.additionalProperties, `${path}.*`] as [JsonSchema, string]] : []),
];

/** Fields without hover text; a field whose entries are described, and one with a single value, explain themselves. */
function undescribed(schema: JsonSchema, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).filter(
    ([name, field]) => field.description === undefined && field.const === undefined && name !== "file" && entriesOf(field) === undefined,
  );
  return [...own.map(([name]) => `${path}.${name}`), ...below(schema, path).flatMap(([child, at]) => undescribed(child, at))];
}

const entriesOf = (field: JsonSchema): string | undefined =>
  typeof field.additionalProperties === "object" ? field.additionalProperties.description : field.items?.description;

function wordless(schema: JsonSchema, path: string): string[] {
  const own = schema.pattern !== undefined && schema.patternErrorMessage === undefined && schema.errorMessage === undefined;
  return [...(own ? [path] : []), ...below(schema, path).flatMap(([child, at]) => wordless(child, at))];
}
