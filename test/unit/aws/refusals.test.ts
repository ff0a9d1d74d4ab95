import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import { AWS_CAPABILITIES } from "../../../components/backends/aws/capabilities/index.ts";
import { awsDeclaration } from "../../../components/backends/aws/declaration.ts";
import type { Capability } from "../../../components/backends/capabilities.ts";
import { CONTROLS, type ControlId, usedControls } from "../../../components/backends/controls.ts";
import { checkGolden } from "../../support/golden.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { modelOf, planOf, refusalsOf } from "../../support/plan.ts";
import { EDGE, HTTP, REGIONAL, text } from "./documents.ts";
import { type RefusedDocument, refusedDocuments } from "./refused-documents.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "golden", "aws", "refusals");

describe("AWS refusals", () => {
  let documents: RefusedDocument[];

  before(async () => {
    const authority = await TestAuthority.create();
    const { certificate } = await authority.issue({ dnsNames: ["client.example.com"], usages: ["client"] });
    documents = refusedDocuments({ root: authority.root, leaf: certificate, chain: `${certificate}\n${authority.root}` });
  });

  it("name the field, the reason and the remedy", () =>
    checkGolden(
      {
        folder: FOLDER,
        extension: "txt",
        produce: async () => {
          const blocks: string[] = [];
          for (const { title, base, patch } of documents)
            blocks.push(`# ${title}\n${(await refusalsOf("aws", text(base, patch))).join("\n")}`);
          return blocks.join("\n\n");
        },
      },
      { name: "refusals", file: "", text: "" },
    ));

  it("do not meet the documents they are made from", async () => {
    for (const document of [EDGE, REGIONAL, HTTP]) assert.ok((await planOf("aws", text(document))).resources.length > 0);
  });

  it("are all shown: every control a variant refuses, and every restriction of one it keeps", async () => {
    const unseen = new Set<string>();
    const entries = Object.entries(AWS_CAPABILITIES) as [ControlId, Capability][];
    for (const [control, { support, restrictions = [] }] of entries) {
      for (const [variant, { status }] of Object.entries(support)) if (status === "refused") unseen.add(`${control} on ${variant}`);
      for (const { rule } of restrictions) unseen.add(`${control}: ${rule}`);
    }
    for (const { base, patch } of documents) {
      const model = await modelOf(text(base, patch));
      const { variant } = awsDeclaration.variantOf(model);
      for (const use of usedControls(model)) {
        const { support, restrictions = [] }: Capability = AWS_CAPABILITIES[use.control];
        unseen.delete(`${use.control} on ${variant in support ? variant : "*"}`);
        for (const restriction of restrictions)
          if (restriction.check(model, use, variant)) unseen.delete(`${use.control}: ${restriction.rule}`);
      }
    }
    assert.deepEqual([...unseen].sort(), []);
  });

  it("leave no control out", () => {
    assert.deepEqual(Object.keys(AWS_CAPABILITIES).sort(), Object.keys(CONTROLS).sort());
  });
});
