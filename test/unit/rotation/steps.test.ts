import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperationError } from "../../../automation/errors.ts";
import { openProject, type Project } from "../../../automation/project.ts";
import { keepRecord, readRecord, writeSettings } from "../../../automation/rotation/record.ts";
import { planRotation } from "../../../automation/rotation/rotate.ts";
import { rotationSteps } from "../../../automation/rotation/steps.ts";
import type { Cloud } from "../../../components/backends/contract.ts";
import { type LiveDocument, modelOf } from "../../support/live-gateway.ts";

const DOCUMENT: LiveDocument = {
  name: "shop",
  hostname: "shop.test",
  tls: { certificate: { source: "internal" } },
  backends: { orders: { url: "https://orders.test" } },
  routes: { orders: { path: "/orders", methods: ["GET"], backend: "orders", public: true } },
};
const SERVICES = {
  orders: { names: ["orders.test"], reader: "orders-role", keyGeneration: 3 },
  stock: { names: ["stock.test"], reader: "stock-role" },
};

const steps = async (what: "leaf" | "key" | "intermediate" | "root", change: LiveDocument = {}, cloud: Cloud = "local") =>
  rotationSteps(what, cloud, await modelOf({ ...DOCUMENT, ...change }));
const settings = (list: Awaited<ReturnType<typeof steps>>) =>
  list.map((step) => Object.fromEntries(step.settings.map(({ path, value }) => [path.join("."), value])));

describe("the steps of a rotation", () => {
  it("raise one number for leaves and keys on this machine", async () => {
    assert.deepEqual(settings(await steps("leaf")), [{ "internal.certificates.generation": 2 }]);
    const change = { internal: { certificates: { keyGeneration: 4 } } };
    assert.deepEqual(settings(await steps("key", change)), [{ "internal.certificates.keyGeneration": 5 }]);
  });

  it("raise the number of each service's key on a cloud, which has no other way", async () => {
    assert.deepEqual(settings(await steps("key", { internal: { services: SERVICES } }, "aws")), [
      { "internal.services.orders.keyGeneration": 4, "internal.services.stock.keyGeneration": 2 },
    ]);
    await assert.rejects(steps("key", {}, "gcp"), refusal("the document declares no service whose key the stack makes"));
    await assert.rejects(
      steps("leaf", {}, "azure"),
      refusal("azure has no way to issue a certificate anew under its key before it is due"),
    );
  });

  it("announce a root, switch to it and take the one before away; clients come before the switch where they see it", async () => {
    const expected = ["announce", "switch", "finish"].map((rollover) => ({
      "internal.authority.generation": 2,
      "internal.authority.rollover": rollover,
    }));
    for (const cloud of ["local", "aws", "azure", "gcp"] as const) assert.deepEqual(settings(await steps("root", {}, cloud)), expected);
    assert.deepEqual(
      (await steps("root")).map(({ before }) => before),
      ["clients have to trust both roots of the output `certificate.caCertificate`", undefined, undefined],
    );
    const behind = {
      tls: { certificate: { source: "managed" } },
      backends: { orders: { url: "https://orders.test", tls: { trust: "internal" } } },
    };
    assert.ok((await steps("root", behind, "aws")).every(({ before }) => before === undefined));
  });

  it("need an authority of the stack's own, and an intermediate where that is rotated", async () => {
    const foreign = { tls: { certificate: { source: "managed" } } };
    await assert.rejects(steps("root", foreign, "aws"), refusal("nothing of this stack is internal: it has no authority of its own"));
    await assert.rejects(steps("intermediate"), refusal("the document declares no intermediate: the root itself signs"));
    const internal = { authority: { intermediate: { generation: 7 } } };
    assert.deepEqual(settings(await steps("intermediate", { internal })), [{ "internal.authority.intermediate.generation": 8 }]);
    const issuer = {
      type: "awsPrivateCa",
      arn: `arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/${"1".repeat(8)}-${"1".repeat(4)}-${"1".repeat(4)}-${"1".repeat(4)}-${"1".repeat(12)}`,
    };
    await assert.rejects(
      steps("root", { internal: { authority: { issuer } } }, "aws"),
      refusal('the root is that of "awsPrivateCa", not of this stack'),
    );
  });
});

describe("a rotation on record", () => {
  let project: Project;
  before(() => {
    const root = mkdtempSync(join(tmpdir(), "gateway-rotation-"));
    mkdirSync(join(root, "stacks"));
    writeFileSync(join(root, "Pulumi.yaml"), "name: secure-gateway\nruntime: nodejs\nstackConfigDir: stacks\n");
    writeFileSync(join(root, "gateway.yaml"), JSON.stringify(DOCUMENT));
    writeFileSync(
      join(root, "stacks", "Pulumi.one.yaml"),
      "# The shop.\nconfig:\n  secure-gateway:cloud: local\n  secure-gateway:document: gateway.yaml\n",
    );
    project = openProject(root);
  });
  after(() => rmSync(project.root, { recursive: true, force: true }));

  it("is planned without a trace", async () => {
    const plan = await planRotation({ project, stack: "one", what: "root" });
    assert.deepEqual([plan.steps.length, plan.done, plan.resumed], [3, 0, false]);
    assert.equal(readRecord(project, "one"), undefined);
  });

  it("writes its settings into the stack's file, once and with its comments", () => {
    const file = join(project.root, "stacks", "Pulumi.one.yaml");
    const setting = [{ path: ["internal", "authority", "generation"], value: 2 }];
    writeSettings(project, "one", setting);
    const text = readFileSync(file, "utf8");
    assert.equal(
      text,
      "# The shop.\nconfig:\n  secure-gateway:cloud: local\n  secure-gateway:document: gateway.yaml\n  secure-gateway:overlay:\n    internal:\n      authority:\n        generation: 2\n",
    );
    const { ino } = statSync(file);
    writeSettings(project, "one", setting);
    assert.equal(statSync(file).ino, ino);
  });

  it("goes on where it is, and lets no other begin", async () => {
    const { steps: all } = await planRotation({ project, stack: "one", what: "root" });
    keepRecord(project, "one", { what: "root", steps: all, step: 1, begun: false });
    const plan = await planRotation({ project, stack: "one", what: "root" });
    assert.deepEqual([plan.done, plan.resumed, plan.steps], [1, true, all]);
    await assert.rejects(
      planRotation({ project, stack: "one", what: "leaf" }),
      new OperationError(
        "usage",
        'A rotation of the root is under way on stack "one", at step 2 of 3',
        "finish it first: npx gateway rotate -s one --what root",
      ),
    );
  });

  it("goes on from the document where the record is gone", async () => {
    rmSync(join(project.privateFolder, "rotations"), { recursive: true });
    writeSettings(project, "one", [{ path: ["internal", "authority", "rollover"], value: "announce" }]);
    const plan = await planRotation({ project, stack: "one", what: "root" });
    assert.deepEqual([plan.done, plan.resumed], [1, true]);
    assert.deepEqual(settings(plan.steps)[1], { "internal.authority.generation": 2, "internal.authority.rollover": "switch" });
  });
});

const refusal = (message: string) => (error: unknown) => {
  assert.ok(error instanceof OperationError);
  assert.deepEqual([error.code, error.message], ["refused", message]);
  return true;
};
