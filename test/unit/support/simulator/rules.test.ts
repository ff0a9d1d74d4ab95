import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { CloudFolder } from "../../../simulator/core/cloud-folder.ts";
import { complete } from "../../../simulator/core/outputs.ts";
import type { Rule, RuleContext, RuleSet } from "../../../simulator/core/rule.ts";
import { Sdk, type SdkType } from "../../../simulator/core/sdk.ts";
import { equal, hex, type Values } from "../../../simulator/core/values.ts";
import { loadRules, PACKAGES } from "../../../simulator/registry.ts";
import { sampleInputs } from "./samples.ts";

const ACCOUNT = { config: { region: "eu-central-1", project: "sample", location: "westeurope" } };
const sets = new Map<string, RuleSet>();
for (const name of PACKAGES) sets.set(name, loadRules(name));

describe("simulator rules", () => {
  let folder: string;
  let cloud: CloudFolder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-rules-"));
    cloud = new CloudFolder(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, set] of sets) {
    describe(name, () => {
      const sdk = new Sdk(name);
      it("names every type once, each with its source", () => {
        const types = set.rules.map(({ type }) => type);
        assert.deepEqual(types, [...new Set(types)]);
        assert.deepEqual(
          set.rules.filter(({ source }) => source.length < 20).map(({ type }) => type),
          [],
        );
      });
      for (const rule of set.rules) {
        it(rule.type, async () => {
          const type = set.sdkTypeFor?.(rule.type) ?? sdk.type(rule.type);
          assert.ok(type, `the SDK has no ${rule.type}`);
          assert.deepEqual(strangers(rule, type), [], "inputs the rule names and the SDK does not have");
          const given = await sampleInputs(rule, type);
          const inputs = { ...rule.defaults?.(given, ACCOUNT), ...given };
          const context = contextOf(rule, inputs, cloud);
          const id = rule.id(context);
          assert.match(id, /\S/);
          assert.doesNotMatch(id, /undefined|\[object/);
          const created = await complete(rule, type, { ...context, id }, set.common?.({ ...context, id }) ?? {});
          assert.deepEqual(JSON.parse(JSON.stringify(created)), created, "outputs the wire cannot carry");
          assert.doesNotMatch(JSON.stringify(created), /undefined|\[object/);
          const again = { ...context, id, operation: "update" as const, previous: created, before: inputs };
          const updated = await complete(rule, type, again, set.common?.(again) ?? {});
          const moved = Object.keys(created).filter((property) => !equal(created[property], updated[property]));
          assert.deepEqual(moved, [], "outputs that change although no input did");
        });
      }
    });
  }
});

/** Properties that a rule's facts speak of, and the SDK's class does not know. */
function strangers(rule: Rule, type: SdkType): string[] {
  const top = (path: string) => /^[^.[]+/.exec(path)?.[0] ?? path;
  const inputs = [...(rule.replaceOn ?? []), ...Object.values(rule.volatile ?? {}).flat()].map(top);
  if (rule.autoName) inputs.push(rule.autoName.property);
  const shared = new Set(["region"]);
  return [
    ...inputs.filter((property) => !type.inputs.has(property) && !shared.has(property)),
    ...[...Object.keys(rule.volatile ?? {}), ...(rule.absent ?? [])].filter((property) => !type.outputs.has(property)),
  ];
}

function contextOf(rule: Rule, inputs: Values, cloud: CloudFolder): RuleContext {
  return {
    type: rule.type,
    name: "sample",
    urn: `urn:pulumi:test::sample::${rule.type}::sample`,
    inputs,
    id: "",
    previous: {},
    before: {},
    operation: "create",
    account: ACCOUNT,
    cloud,
    now: new Date("2026-11-21T12:00:00Z"),
    hex: (length, ...salt) => hex(length, "sample", ...salt),
    all: (type) => cloud.all(type),
  };
}
