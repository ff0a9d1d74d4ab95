import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { loadDocument } from "../../../components/spec/load.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { awsSettings } from "../../../components/spec/schema/aws.ts";
import { azureSettings } from "../../../components/spec/schema/azure.ts";
import { gcpSettings } from "../../../components/spec/schema/gcp.ts";
import { localSettings } from "../../../components/spec/schema/local.ts";
import { describeGolden, goldenInputs, goldenJson } from "../../support/golden.ts";

const FOLDER = "test/golden/spec";
const SECTIONS = { aws: awsSettings, azure: azureSettings, gcp: gcpSettings, local: localSettings };

/** What a document becomes: its model, or every fault. An overlay of the same name in `in/overlays` is laid over it. */
async function outcome(file: string): Promise<unknown> {
  const overlay = join(FOLDER, "in", "overlays", basename(file));
  const overlays = existsSync(overlay)
    ? [{ value: parse(readFileSync(overlay, "utf8")), origin: "Pulumi.test.yaml, secure-gateway:overlay" }]
    : [];
  const { model, faults } = await loadDocument({ file, overlays });
  return model === undefined ? { faults } : withoutDefaults(model);
}

/** Defaults of the clouds' sections would change every result whenever one cloud gets a new setting; so would the digest. */
function withoutDefaults({ digest: _digest, ...model }: GatewayModel): unknown {
  const untouched = Object.entries(SECTIONS).filter(
    ([name, schema]) => goldenJson(model[name as keyof typeof SECTIONS]) === goldenJson(schema.parse({})),
  );
  return { ...model, ...Object.fromEntries(untouched.map(([name]) => [name, "defaults"])) };
}

describeGolden("golden documents", { folder: FOLDER, produce: ({ file }) => outcome(file) });

describe("golden documents as a set", () => {
  it("are forty and more, good and bad", async () => {
    const outcomes = await Promise.all(goldenInputs({ folder: FOLDER, produce: () => "" }).map(({ file }) => loadDocument({ file })));
    const good = outcomes.filter(({ model }) => model !== undefined).length;
    assert.ok(good >= 20, `${good} good documents`);
    assert.ok(outcomes.length - good >= 20, `${outcomes.length - good} bad documents`);
  });
});
