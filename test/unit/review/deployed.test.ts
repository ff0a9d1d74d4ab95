import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { deploymentOf } from "../../../automation/deployed.ts";
import { planPage } from "../../../automation/plan/html/page.ts";
import { planMarkdown } from "../../../automation/plan/markdown/document.ts";
import type { GatewayPlan } from "../../../automation/plan/plan.ts";
import type { DeployedResource } from "../../../automation/plan/review/deployed.ts";
import { openProject } from "../../../automation/project.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { Documents, inProcess } from "../cli/support.ts";
import { BASE, planLocally, reviewed } from "./support.ts";

const AT = "2026-11-21T15:45:45.2Z";

/** A state as the engine would have written it: values of the cloud's own filled in, secrets encrypted, defaults of the provider added. */
function stateOf(plan: GatewayPlan): unknown {
  const real = (value: unknown): unknown => {
    if (value === "[secret]") return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc" };
    if (typeof value === "string") return value.replace(/\$\{[^}]*\}|\(known after deployment\)/g, "arn:real");
    if (Array.isArray(value)) return value.map(real);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, real(one)]));
  };
  const resources = plan.resources.map(({ type, name, inputs }) => ({
    urn: `urn:pulumi:local::secure-gateway::secure-gateway:index:SecureGateway$${type}::${name}`,
    type,
    inputs: { ...(real(inputs) as object), __defaults: ["region"], region: "eu-central-1" },
  }));
  const stack = {
    urn: "urn:pulumi:local::secure-gateway::pulumi:pulumi:Stack::s",
    type: "pulumi:pulumi:Stack",
    outputs: { controls: plan.controls },
  };
  return { version: 3, checkpoint: { latest: { manifest: { time: AT }, resources: [stack, ...resources] } } };
}

describe("what a plan changes of what is deployed", function () {
  this.timeout(30_000);
  const documents = new Documents();
  after(() => documents.close());
  const root = join(documents.folder, "project");
  const folder = join(root, ".gateway", "state", ".pulumi", "stacks", "shop-project");
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(join(root, "stacks"), { recursive: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(root, name), content);
  };
  const OTHER = mergePatch(BASE, {
    access: { denyCidrs: ["198.51.100.0/24"] },
    routes: { list: { methods: ["GET", "POST"] } },
  });

  before(async () => {
    write("Pulumi.yaml", "name: shop-project\nruntime: nodejs\nstackConfigDir: stacks\nbackend: { url: 'file://.gateway/state' }\n");
    write("package.json", '{ "version": "0.0.0" }');
    write("gateway.json", JSON.stringify(BASE));
    write("stacks/Pulumi.here.yaml", "config: { 'secure-gateway:cloud': local, 'secure-gateway:document': gateway.json }\n");
    write("stacks/Pulumi.new.yaml", "config: { 'secure-gateway:cloud': local, 'secure-gateway:document': gateway.json }\n");
    write(
      join(".gateway", "state", ".pulumi", "stacks", "shop-project", "here.json"),
      JSON.stringify(stateOf((await planLocally(BASE)).plan)),
    );
  });

  it("is nothing when the document is what was deployed, whatever the cloud filled in", async () => {
    const deployed = deploymentOf(openProject(root), "here", {});
    const { changes } = reviewed(await planLocally(BASE), { deployed });
    assert.equal(changes?.none, true, JSON.stringify(changes));
    assert.equal(changes?.since, "the deployment of 2026-11-21 15:45 UTC");
  });

  it("names resources and properties that differ, what is new and what goes; and marks the page and the Markdown", async () => {
    const deployment = deploymentOf(openProject(root), "here", {});
    assert.ok(deployment);
    const gone = { type: "aws:s3/bucket:Bucket", name: "old", inputs: {} };
    const kept = deployment.resources.slice(1);
    // Somebody has deployed another validity since.
    const key = kept.findIndex(({ inputs }) => inputs.validityDays !== undefined);
    kept[key] = { ...(kept[key] as DeployedResource), inputs: { ...kept[key]?.inputs, validityDays: 7 } };
    const planned = await planLocally(OTHER);
    const review = reviewed(planned, { deployed: { ...deployment, resources: [gone, ...kept] } });
    const changes = review.changes;
    assert.ok(changes);
    assert.deepEqual(
      changes.resources.filter(({ kind }) => kind === "removed"),
      [{ kind: "removed", name: "old (aws:s3/bucket:Bucket)", what: [] }],
    );
    const first = deployment.resources[0];
    assert.deepEqual(
      changes.resources.filter(({ kind }) => kind === "added").map(({ name }) => name),
      [`${first?.name} (${first?.type})`],
    );
    assert.deepEqual(
      changes.resources
        .filter(({ kind, name }) => kind === "changed" && !name.startsWith("shop-host"))
        .map(({ name, what }) => [name, what]),
      [[`${kept[key]?.name} (${kept[key]?.type})`, ["validityDays"]]],
    );
    assert.ok(
      changes.controls.some(({ kind, name }) => kind === "added" && name === "access.deny"),
      JSON.stringify(changes.controls),
    );
    assert.match(planPage(review), /<h2 id="changes">What changes<\/h2><p>Since the deployment of 2026-11-21 15:45 UTC\./);
    assert.match(planMarkdown(review), /### What changes\n\nSince the deployment of 2026-11-21 15:45 UTC\.\n\n/);
  });

  it("plan -s shows it; without a state, or with one elsewhere, it does not", async () => {
    const page = join(documents.folder, "page.html");
    const ran = await inProcess(["plan", "-s", "here", "--html", page], root);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(readFileSync(page, "utf8"), /since the deployment of 2026-11-21 15:45 UTC|Since the deployment of 2026-11-21 15:45 UTC/);
    assert.match((await inProcess(["plan", "-s", "here"], root)).stdout, /since the deployment of 2026-11-21 15:45 UTC/);
    assert.doesNotMatch((await inProcess(["plan", "-s", "new"], root)).stdout, /deployment of/);
    const project = openProject(root);
    assert.equal(deploymentOf(project, "new", {}), undefined);
    assert.equal(deploymentOf(project, "here", { PULUMI_BACKEND_URL: "s3://states" }), undefined);
  });

  it("reads compressed states, leaves out what is being deleted, and takes a broken state for none", () => {
    const project = openProject(root);
    const urn = (name: string) => `urn:pulumi:a::b::c:d:E::${name}`;
    const resources = [
      { type: "c:d:E", urn: urn("x"), inputs: {} },
      { type: "c:d:E", urn: urn("y"), inputs: {}, delete: true },
      { type: "pulumi:providers:c", urn: urn("p") },
    ];
    const state = JSON.stringify({ checkpoint: { latest: { manifest: { time: AT }, resources } } });
    writeFileSync(join(folder, "zipped.json.gz"), gzipSync(state));
    assert.deepEqual(deploymentOf(project, "zipped", {}), {
      at: AT,
      resources: [{ type: "c:d:E", name: "x", inputs: {} }],
      controls: undefined,
    });
    writeFileSync(join(folder, "broken.json"), "{");
    assert.equal(deploymentOf(project, "broken", {}), undefined);
  });
});
