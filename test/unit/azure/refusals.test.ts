import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import { AZURE_CAPABILITIES } from "../../../components/backends/azure/capabilities/index.ts";
import { TIERS } from "../../../components/backends/azure/tiers.ts";
import { supportOf } from "../../../components/backends/capabilities.ts";
import { CONTROLS, type ControlId } from "../../../components/backends/controls.ts";
import { RsaAuthority } from "../../support/azure/rsa-authority.ts";
import { checkGolden } from "../../support/golden.ts";
import { TestAuthority } from "../../support/live/certificates.ts";
import { modelOf, planOf, refusalsOf } from "../../support/plan.ts";
import { BASE, refusedDocuments, text } from "./refused-documents.ts";

describe("Azure refusals", function () {
  this.timeout(60_000);
  let documents: ReturnType<typeof refusedDocuments>;

  before(async () => {
    const authority = new RsaAuthority();
    const { chain } = authority.issue(["api.shop.example.com"]);
    const ec = await TestAuthority.create("EC Root");
    const { chain: ecChain } = await ec.issue({ dnsNames: ["api.shop.example.com"] });
    documents = refusedDocuments({
      root: authority.root,
      leaf: chain.slice(0, chain.indexOf("-----END CERTIFICATE-----") + 26),
      chain,
      clientChain: authority.issue(["client.example.com"], 90, "clientAuth").chain,
      ecChain: `${ecChain}\n${ec.root}`,
    });
  });

  it("accepts what the refused documents are made of", async () => {
    assert.equal((await planOf("azure", JSON.stringify(BASE))).variant, "Standard");
  });

  it("name the field, the reason and the remedy", () =>
    checkGolden(
      {
        folder: join(import.meta.dirname, "..", "..", "golden", "azure", "refusals"),
        extension: "txt",
        produce: async () => {
          const blocks: string[] = [];
          for (const [title, patch] of documents) blocks.push(`# ${title}\n${(await refusalsOf("azure", text(patch))).join("\n")}`);
          return blocks.join("\n\n");
        },
      },
      { name: "refusals", file: "", text: "" },
    ));

  it("are refused before, where the shape of a name is wrong", async () => {
    for (const [name, message] of [
      ["x".repeat(51), /azure\.service\.name: .*1 to 50 letters, digits and hyphens/],
      ["9lives", /azure\.service\.name: .*starting with a letter/],
    ] as const)
      await assert.rejects(modelOf(text({ azure: { service: { name } } })), message);
    const versioned = `${BASE.azure.certificate.keyVaultSecretId}/0123456789abcdef0123456789abcdef`;
    await assert.rejects(
      modelOf(text({ azure: { certificate: { keyVaultSecretId: versioned } } })),
      /azure\.certificate\.keyVaultSecretId: .*a secret id without a version/,
    );
  });

  it("say something of every control on every tier", () => {
    for (const control of Object.keys(CONTROLS) as ControlId[])
      for (const tier of Object.keys(TIERS)) {
        const support = supportOf(AZURE_CAPABILITIES[control], tier);
        if (support.status === "refused") {
          assert.notEqual(support.reason, "", `${control} on ${tier}`);
          assert.notEqual(support.remedy, "", `${control} on ${tier}`);
        } else assert.notEqual(support.how, "", `${control} on ${tier}`);
      }
  });

  it("never leave `auto` with a tier it refuses where another keeps everything", async () => {
    const { variant, why } = await planOf("azure", text({ azure: { tier: "auto" } }));
    assert.deepEqual([variant, why], ["Basic", "the least expensive production tier that keeps everything the document asks for"]);
  });
});
