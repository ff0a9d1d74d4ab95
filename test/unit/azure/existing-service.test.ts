import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "mocha";
import { misfits } from "../../../components/backends/azure/existing-service.ts";
import { customProperties } from "../../../components/backends/azure/service.ts";
import { tierFacts } from "../../../components/backends/azure/tiers.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { modelOf, planOf, resource } from "../../support/plan.ts";
import { BASE } from "./refused-documents.ts";

const EXISTING =
  "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/p/providers/Microsoft.ApiManagement/service/company-api";
const SECRET = BASE.azure.certificate.keyVaultSecretId;
const written = { file: join(import.meta.dirname, "..", "..", "..", "proof", "documents", "written", "azure", "existing.yaml") };

type Found = Parameters<typeof misfits>[1];

/** A service that fits, but for what is given. */
const found = (host: object = {}, more: object = {}): Found =>
  ({
    sku: { name: "Standard", capacity: 1 },
    hostnameConfigurations: [
      {
        type: "Proxy",
        hostName: BASE.hostname,
        certificateSource: "KeyVault",
        keyVaultId: SECRET,
        negotiateClientCertificate: false,
        ...host,
      },
    ],
    customProperties: customProperties(tierFacts("Standard")),
    ...more,
  }) as Found;

async function problems(service: Found, patch: object = {}): Promise<string[]> {
  const model = await modelOf(JSON.stringify(mergePatch(mergePatch(BASE, { azure: { service: { existing: EXISTING } } }), patch)));
  return misfits({ model, tier: "Standard", facts: tierFacts("Standard") }, service);
}

describe("Azure: a service of others", () => {
  it("fits with the document's tier, name, certificate and protocols", async () => {
    assert.deepEqual(await problems(found()), []);
    assert.deepEqual(await problems(found({ keyVaultId: `${SECRET.toUpperCase()}/` })), []);
  });

  it("does not fit with another tier, without the name, or with an old protocol", async () => {
    assert.deepEqual(await problems(found({}, { sku: { name: "Premium", capacity: 1 } })), [
      "its tier is Premium, the document says Standard",
    ]);
    assert.deepEqual(await problems(found({ hostName: "api.example.com" })), ["it does not serve the host name api.shop.example.com"]);
    const tls10 = "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls10";
    for (const value of ["True", undefined])
      assert.deepEqual(await problems(found({}, { customProperties: { ...customProperties(tierFacts("Standard")), [tls10]: value } })), [
        `its custom property ${tls10} is not "false"`,
      ]);
  });

  it("does not fit with another certificate than the document's, or a version of it that never follows a renewal", async () => {
    const other = `it does not serve api.shop.example.com with the certificate ${SECRET}, by the secret's id without a version`;
    for (const host of [
      { keyVaultId: "https://shop-certs.vault.azure.net/secrets/other" },
      { keyVaultId: `${SECRET}/0123456789abcdef0123456789abcdef` },
      { certificateSource: "Managed", keyVaultId: undefined },
    ])
      assert.deepEqual(await problems(found(host)), [other]);
    const free = { azure: { certificate: { keyVaultSecretId: null, keyVaultId: null, freeManaged: true } } };
    assert.deepEqual(await problems(found(), free), [
      "it does not serve api.shop.example.com with a free certificate of its own, on which azure.certificate.freeManaged insists",
    ]);
    assert.deepEqual(await problems(found({ certificateSource: "Managed", keyVaultId: undefined }), free), []);
  });

  it("may have any certificate behind Front Door, which serves its own", async () => {
    const behind = { edge: "cdn", azure: { certificate: { keyVaultSecretId: null, keyVaultId: null } } };
    assert.deepEqual(await problems(found({ keyVaultId: "https://other.vault.azure.net/secrets/other" }), behind), []);
  });

  it("is given the connection string of traces as a secret, which alone lets one write", async () => {
    const plan = await planOf("azure", written);
    assert.deepEqual(resource(plan, "azure-native:apimanagement:Logger", "shop-traces-logger").inputs.credentials, {
      connectionString: "[secret]",
    });
  });
});
