import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parse } from "yaml";
import { type LoadOptions, type LoadResult, loadDocument, readRelativeTo } from "../../../../components/spec/load.ts";
import { breakText, mutate, mutation } from "./mutate.ts";

const SEED = 20_260_301;
const IN = "test/golden/spec/in";
const readFixture = readRelativeTo(IN);

const shop = readFileSync("gateways/shop.yaml", "utf8");
const gateway = readFileSync(`${IN}/openapi-shop.yaml`, "utf8");
const openapi = readFileSync(`${IN}/files/shop-openapi.yaml`, "utf8");

const [shopValue, gatewayValue, openapiValue] = [shop, gateway, openapi].map((text) => parse(text) as unknown);

/** What every answer must be, whatever was asked. */
function checkAnswer({ model, faults }: LoadResult): void {
  assert.equal(model === undefined, faults.length > 0, "a model exactly when there are no faults");
  const seen = new Set<string>();
  for (const fault of faults) {
    const shown = JSON.stringify(fault);
    assert.ok(fault.path !== "" || (fault.file !== undefined && (fault.line ?? 0) > 0 && (fault.column ?? 0) > 0), `no place: ${shown}`);
    assert.ok(fault.message.trim() !== "" && fault.remedy.trim() !== "", `no message or remedy: ${shown}`);
    assert.doesNotMatch(`${fault.message} ${fault.remedy}`, /undefined|\[object|PRIVATE KEY|user:secret|\n/, shown);
    assert.ok(!seen.has(shown), `twice: ${shown}`);
    seen.add(shown);
  }
}

async function check(options: Omit<LoadOptions, "file">): Promise<void> {
  const load = { file: `${IN}/fuzzed.yaml`, read: readFixture, ...options };
  const result = await loadDocument(load);
  checkAnswer(result);
  if (result.model) assert.equal((await loadDocument(load)).model?.digest, result.model.digest);
}

const withOpenApi = (text: string) => (path: string) => (path === "files/shop-openapi.yaml" ? text : readFixture(path));

const run = (property: fc.IAsyncProperty<never> | ReturnType<typeof fc.asyncProperty>, numRuns: number) =>
  fc.assert(property as fc.IAsyncProperty<unknown>, { seed: SEED, numRuns, endOnFailure: true });

describe("10,000 broken documents", function () {
  this.timeout(600_000);
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 5 });
  const broken = fc.tuple(fc.nat(), fc.nat(), fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: "binary", maxLength: 8 })), fc.nat());

  it("with parts deleted, retyped, renamed, doubled, moved or edited", () =>
    run(
      fc.asyncProperty(mutations, (steps) => check({ text: JSON.stringify(mutate(shopValue, steps)) ?? "" })),
      5000,
    ));

  it("with the same done to an OpenAPI document", () =>
    run(
      fc.asyncProperty(mutations, (steps) =>
        check({ text: gateway, read: withOpenApi(JSON.stringify(mutate(openapiValue, steps)) ?? "") }),
      ),
      2000,
    ));

  it("with the same done to the gateway document that names it", () =>
    run(
      fc.asyncProperty(mutations, (steps) => check({ text: JSON.stringify(mutate(gatewayValue, steps)) ?? "" })),
      1000,
    ));

  it("with the text cut off and noise in it", () =>
    run(
      fc.asyncProperty(broken, ([cut, at, noise, doubled]) => check({ text: breakText(shop, cut, at, noise, doubled) })),
      1500,
    ));

  it("with the text of the OpenAPI document cut off and noise in it", () =>
    run(
      fc.asyncProperty(broken, ([cut, at, noise, doubled]) =>
        check({ text: gateway, read: withOpenApi(breakText(openapi, cut, at, noise, doubled)) }),
      ),
      500,
    ));
});
