import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readHistory, setSecret } from "../../../automation/maintenance.ts";
import { readOutputs } from "../../../automation/outputs.ts";
import { Lab } from "./support.ts";

describe("operations through the real engine", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
  });
  after(() => lab.close());

  it("previews, deploys, changes nothing the second time, updates, destroys", async () => {
    lab.items = { a: { value: "1" }, b: { value: "1" } };
    const preview = await lab.run("preview");
    assert.deepEqual(preview.result.changes, { create: 3 });
    assert.deepEqual(lab.journal(), []);

    const up = await lab.run("up");
    assert.deepEqual(up.result.changes, { create: 3 });
    assert.deepEqual(up.result.outputs, { count: 2, greeting: "hello", hidden: "[secret]" });
    assert.deepEqual(
      up.events
        .filter((event) => event.kind === "resource" && event.name === "a")
        .map((event) => (event.kind === "resource" ? [event.phase, event.action] : [])),
      [
        ["begin", "create"],
        ["end", "create"],
      ],
    );

    const again = await lab.run("up");
    assert.deepEqual(again.result.changes, { same: 3 });

    lab.items = { a: { value: "2" }, b: { value: "1" } };
    const update = await lab.run("up");
    assert.deepEqual(update.result.changes, { same: 2, update: 1 });

    const plain = await readOutputs({ project: lab.project, stack: "one", engine: lab.engine, showSecrets: true });
    assert.deepEqual(plain, { count: 2, greeting: "hello", hidden: "s3cret" });

    const destroy = await lab.run("destroy");
    assert.deepEqual(destroy.result.changes, { delete: 3 });
    assert.equal(readFileSync(join(lab.project.stackFolder, "Pulumi.one.yaml"), "utf8"), "config:\n  lab:greeting: hello\n");
    assert.deepEqual(readdirSync(join(lab.project.privateFolder, "work")), []);
    assert.deepEqual(readdirSync(join(lab.project.privateFolder, "locks")), []);
    assert.ok(existsSync(join(lab.project.privateFolder, "passphrase")));
  }).timeout(60_000);
});

describe("maintenance of a stack", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
  });
  after(() => lab.close());

  it("encrypts a secret into the stack's own file, whose other lines stay, and a deployment can read it", async () => {
    const { project, engine } = lab;
    const file = join(project.stackFolder, "Pulumi.one.yaml");
    assert.equal(await setSecret({ project, engine, stack: "one", name: "api-token", value: "open sesame" }), "stacks/Pulumi.one.yaml");
    const text = readFileSync(file, "utf8");
    assert.match(text, /^config:\n {2}lab:greeting: hello\n {2}secure-gateway:api-token:\n {4}secure: v1:/);
    assert.ok(!text.includes("open sesame"));
    await lab.run("up");
    assert.equal(readFileSync(file, "utf8"), text, "a deployment changes no tracked file");
  });

  it("refuses a name that is none", async () => {
    const { project, engine } = lab;
    await assert.rejects(setSecret({ project, engine, stack: "one", name: "a b", value: "x" }), {
      code: "usage",
      message: '"a b" is not a name for a secret',
      remedy: "use letters, digits, dashes and underscores",
    });
  });

  it("tells the history, newest first", async () => {
    lab.items = { a: { fail: "no" } };
    await assert.rejects(lab.run("up"));
    const history = await readHistory({ project: lab.project, engine: lab.engine, stack: "one" });
    assert.deepEqual(
      history.map(({ kind, result }) => [kind, result]),
      [
        ["update", "failed"],
        ["update", "succeeded"],
      ],
    );
  });
}).timeout(60_000);
