import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificateKind } from "../../../providers/local/resources/certificate.ts";
import { certificateAuthorityKind } from "../../../providers/local/resources/certificate-authority.ts";
import { intermediateAuthorityKind } from "../../../providers/local/resources/intermediate-authority.ts";
import { certificateBlocks } from "../../../providers/local/x509/pem.ts";
import { testFolder } from "../../live/provider/support/gateway.ts";
import { operation } from "./support/provider.ts";

const call = operation("CertificateAuthority");
const DAY = 86_400_000;
const START = Date.now();

type Rollover = "announce" | "switch" | "finish";
const root = (generation: number, rollover: Rollover) => ({ commonName: "Shop CA", generation, rollover, validityDays: 3650 });

describe("rotation of the local authorities", () => {
  const folder = testFolder();
  let now = START;
  const authorities = certificateAuthorityKind(() => now);
  const intermediates = intermediateAuthorityKind(() => now);
  const leaves = certificateKind(() => now);
  after(() => folder.remove());

  type State = { inputs: ReturnType<typeof root>; outputs: Awaited<ReturnType<typeof authorities.update>> };
  const create = async (generation: number, rollover: Rollover): Promise<State> => {
    const inputs = root(generation, rollover);
    return { inputs, outputs: (await authorities.create(inputs, call)).outputs };
  };
  const step = async (before: State, generation: number, rollover: Rollover): Promise<State> => {
    const inputs = root(generation, rollover);
    assert.deepEqual(authorities.check?.(inputs, before.inputs), []);
    return { inputs, outputs: await authorities.update("ca", before, inputs, call) };
  };
  const subjects = (bundle: string) => certificateBlocks(bundle).map((pem) => new X509Certificate(pem).subject);
  const below = (outputs: State["outputs"], generation = 1) => ({
    rootCertificatePem: outputs.certificatePem,
    rootPrivateKeyPem: outputs.privateKeyPem,
    commonName: "Shop intermediate",
    generation,
    validityDays: 730,
    crlUris: ["http://shop.test/root.crl"],
  });

  it("announces a root before it signs, then keeps the one before until the end", async () => {
    const first = await create(1, "switch");
    const announced = await step(first, 2, "announce");
    assert.equal(announced.outputs.certificatePem, first.outputs.certificatePem);
    assert.equal(announced.outputs.privateKeyPem, first.outputs.privateKeyPem);
    assert.deepEqual(subjects(announced.outputs.bundlePem), ["CN=Shop CA", "CN=Shop CA 2"]);
    const switched = await step(announced, 2, "switch");
    assert.equal(switched.outputs.certificatePem, announced.outputs.announcedPem);
    assert.equal(switched.outputs.privateKeyPem, announced.outputs.announcedKeyPem);
    assert.deepEqual(subjects(switched.outputs.bundlePem), ["CN=Shop CA 2", "CN=Shop CA"]);
    assert.deepEqual([switched.outputs.announcedPem, switched.outputs.announcedKeyPem], ["", ""]);
    const finished = await step(switched, 2, "finish");
    assert.equal(finished.outputs.bundlePem, switched.outputs.certificatePem);
    const again = await step(finished, 3, "announce");
    assert.deepEqual(subjects(again.outputs.bundlePem), ["CN=Shop CA 2", "CN=Shop CA 3"]);
  });

  it("announces the same root again when an announcement is repeated", async () => {
    const announced = await step(await create(1, "switch"), 2, "announce");
    const repeated = await step(announced, 2, "announce");
    assert.equal(repeated.outputs.announcedPem, announced.outputs.announcedPem);
    assert.equal(repeated.outputs.bundlePem, announced.outputs.bundlePem);
  });

  it("refuses steps that take away a root that is needed", () => {
    const check = (generation: number, rollover: Rollover, before: Partial<ReturnType<typeof root>>) =>
      authorities.check?.(root(generation, rollover), before);
    assert.deepEqual(check(1, "announce", {}), [
      {
        property: "rollover",
        reason: "there is no root before the first that could sign meanwhile: raise generation to 2, or leave rollover out",
      },
    ]);
    assert.deepEqual(check(2, "finish", root(1, "switch")), [
      { property: "rollover", reason: "generation 2 is new, and finish takes the root before away at once: announce it first, or switch" },
    ]);
    assert.deepEqual(check(2, "announce", root(2, "switch")), [
      { property: "rollover", reason: "generation 2 signs already: raise generation to announce another root" },
    ]);
  });

  it("signs with an intermediate whose chain openssl accepts, and serves it", async () => {
    const { outputs } = await create(1, "switch");
    const made = (await intermediates.create(below(outputs), call)).outputs;
    const leaf = {
      authorityCertificatePem: made.certificatePem,
      authorityPrivateKeyPem: made.privateKeyPem,
      commonName: "shop.test",
      dnsNames: ["shop.test"],
      ipAddresses: [],
      uris: [],
      usages: ["server" as const],
      validityMs: 90 * DAY,
      keyGeneration: 1,
      issueGeneration: 1,
      crlUris: [],
    };
    const issued = (await leaves.create(leaf, call)).outputs;
    assert.deepEqual(subjects(issued.chainPem), ["CN=shop.test", "CN=Shop intermediate"]);
    for (const [name, text] of [
      ["root.pem", outputs.certificatePem],
      ["chain.pem", issued.chainPem],
    ] as const)
      writeFileSync(join(folder.path, name), text);
    const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "shop.test"];
    const files = ["-CAfile", "root.pem", "-untrusted", "chain.pem", "chain.pem"];
    assert.equal(execFileSync("openssl", [...args, ...files], { cwd: folder.path, encoding: "utf8" }), "chain.pem: OK\n");

    const again = await leaves.update("leaf", { inputs: leaf, outputs: issued }, { ...leaf, issueGeneration: 2 }, call);
    assert.equal(again.privateKeyPem, issued.privateKeyPem);
    assert.notEqual(again.chainPem, issued.chainPem);
  });

  it("keeps the intermediate's key under another root and at a renewal, and changes it with the generation", async () => {
    const first = await create(1, "switch");
    const before = { inputs: below(first.outputs), outputs: (await intermediates.create(below(first.outputs), call)).outputs };
    assert.deepEqual((await intermediates.diff("i", before, before.inputs, call)).changes, {});
    const switched = await step(await step(first, 2, "announce"), 2, "switch");
    const moved = await intermediates.update("i", before, below(switched.outputs), call);
    assert.equal(moved.privateKeyPem, before.outputs.privateKeyPem);
    assert.equal(new X509Certificate(moved.certificatePem).issuer, "CN=Shop CA 2");
    const renamed = await intermediates.update("i", before, below(first.outputs, 2), call);
    assert.notEqual(renamed.privateKeyPem, before.outputs.privateKeyPem);
    assert.equal(new X509Certificate(renamed.certificatePem).subject, "CN=Shop intermediate 2");
    now = START + 500 * DAY;
    assert.deepEqual((await intermediates.diff("i", before, before.inputs, call)).changes, {
      notAfter: "output",
      revocationListPem: "output",
    });
    const renewed = await intermediates.update("i", before, before.inputs, call);
    now = START;
    assert.equal(renewed.privateKeyPem, before.outputs.privateKeyPem);
    assert.ok(Date.parse(renewed.notAfter) > Date.parse(before.outputs.notAfter));
  });
});
