import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { decide } from "../../../components/backends/capabilities.ts";
import { localDeclaration } from "../../../components/backends/local/declaration.ts";
import type { Materials } from "../../../components/backends/local/envoy/materials.ts";
import { renderBootstrap, renderFiles } from "../../../components/backends/local/envoy/render.ts";
import { loadDocument } from "../../../components/spec/load.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { findEnvoy } from "../../../tools/setup/envoy.ts";
import { selfSigned, TestAuthority } from "../../support/live/certificates.ts";
import { modelOf } from "../../support/live-gateway.ts";
import { manyRoutes } from "./support/many-routes.ts";
import { staticBootstrap } from "./support/static.ts";

const run = promisify(execFile);

/** `managed` and other means of a cloud give way to what this machine has. */
const ON_THIS_MACHINE = {
  tls: { certificate: { source: "internal" } },
  waf: "off",
  ddos: "standard",
  edge: "none",
  dns: null,
  observability: { alarms: null },
};

const DOCUMENTS = [
  ...globSync("gateways/*.yaml"),
  ...globSync("examples/**/gateway*.yaml"),
  ...globSync("test/golden/spec/in/*.yaml"),
].sort();

async function localModel(file: string): Promise<GatewayModel | undefined> {
  const { model } = await loadDocument({ file, overlays: [{ value: ON_THIS_MACHINE, origin: "this machine" }] });
  const possible = model && decide("local", "envoy", localDeclaration.capabilities, model).faults.length === 0;
  return possible ? model : undefined;
}

describe("envoy --mode validate", () => {
  let materials: Materials;
  let folder: string;

  before(async () => {
    const authority = await TestAuthority.create();
    const { chain, privateKey } = await selfSigned({ dnsNames: ["api.test"] });
    const pair = { chain, privateKey };
    materials = { front: pair, authority: authority.root, gateway: pair, clients: {}, apiKeys: {} };
    folder = mkdtempSync(join(tmpdir(), "gateway-validate-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("accepts every document of this project that can run here", async () => {
    const models = (await Promise.all(DOCUMENTS.map(localModel))).filter((model) => model !== undefined);
    // The shop, and those fixtures that have neither faults nor what only a cloud can do.
    assert.ok(models.length >= 15, `only ${models.length} documents can run here`);
    for (const model of models) await validate(model);
  }).timeout(60_000);

  it("is no formality: it refuses a part that Envoy does not know", async () => {
    const model = await modelOf(manyRoutes(3));
    await assert.rejects(
      validate(model, (text) => text.replace('"merge_slashes":true', '"merge_slashes":true,"no_such_field":1')),
      /Envoy refuses it.*no_such_field/s,
    );
  });

  it("accepts a gateway with a thousand routes", async () => validate(await modelOf(manyRoutes(1000)))).timeout(60_000);

  async function validate(model: GatewayModel, change = (text: string) => text): Promise<void> {
    const options = { folder: "", publicRoots: { pem: materials.authority ?? "" } };
    const names = Object.values(model.backends).flatMap(({ name, tls }) => (typeof tls.clientCertificate === "string" ? [] : [name]));
    const keys = Object.fromEntries(Object.keys(model.consumers).map((name) => [name, [name.padEnd(43, "*")]]));
    const client = materials.front ?? assert.fail("there is no key pair");
    const all = { ...materials, clients: Object.fromEntries(names.map((name) => [name, client])), apiKeys: keys };
    const files = renderFiles(model, all, options);
    const place = mkdtempSync(join(folder, "case-"));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    for (const name of ["logs", "run"]) mkdirSync(join(place, name));
    writeFileSync(join(place, "whole.json"), change(staticBootstrap({ bootstrap: renderBootstrap(model, options), files })));
    const envoy = await findEnvoy();
    if (envoy === undefined) throw new Error("these tests need Envoy: run npm start once, which provides it");
    const { stdout } = await run(envoy.command, ["--mode", "validate", "-c", "whole.json", "--log-level", "error"], { cwd: place }).catch(
      (error: { stderr?: string }) => assert.fail(`Envoy refuses it: ${error.stderr}`),
    );
    assert.match(stdout, /configuration 'whole.json' OK/);
  }
});
