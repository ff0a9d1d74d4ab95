import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { VERBS } from "../../../cli/verbs/index.ts";
import { Documents, GOOD, gateway, inProcess, ROOT } from "./support.ts";

const ESCAPE = "\u001b";

describe("answers of check and plan", function () {
  this.timeout(20_000);
  const documents = new Documents();
  before(() => {
    documents.write("good.yaml", GOOD);
    documents.write("cdn.yaml", `${GOOD}edge: cdn\n`);
    documents.write("bad.yaml", GOOD.replace("backend: orders", "backend: order"));
  });
  after(() => documents.close());
  const run = (line: string) => gateway(line.split(" "), documents.folder);

  it("check: a document without faults", async () => {
    assert.deepEqual(await run("check -f good.yaml"), { code: 0, stdout: "✓ good.yaml has no faults\n", stderr: "" });
    const { code, stdout } = await run("check -f good.yaml --json");
    assert.deepEqual([code, JSON.parse(stdout)], [0, { ok: true, faults: [], findings: [] }]);
  });

  it("check: a fault with its place", async () => {
    const { code, stdout, stderr } = await run("check -f bad.yaml --json");
    const { ok, faults } = JSON.parse(stdout);
    const fault = { path: "routes.list-orders.backend", file: "bad.yaml", line: 8, column: 49 };
    assert.deepEqual([code, ok, stderr], [1, false, ""]);
    assert.deepEqual(
      faults
        .map(({ path, file, line, column }: typeof fault) => ({ path, file, line, column }))
        .filter(({ path }: typeof fault) => path === fault.path),
      [fault],
    );
    for (const { message, remedy } of faults) assert.ok(message && remedy);
  });

  it("check: what a cloud refuses", async () => {
    const { code, stdout } = await run("check -f good.yaml --cloud aws --json");
    const { ok, faults, cloud } = JSON.parse(stdout);
    assert.deepEqual([code, ok, cloud], [1, false, "aws"]);
    assert.deepEqual(faults.map(({ path }: { path: string }) => path).sort(), ["http", "tls.hsts"]);
  });

  it("plan: resources, controls with the resources that keep them, findings", async () => {
    const { code, stdout, stderr } = await run("plan -f cdn.yaml --cloud aws --json");
    assert.deepEqual([code, stderr], [0, ""]);
    const plan = JSON.parse(stdout);
    assert.equal(plan.cloud, "aws");
    const names = new Set(plan.resources.map(({ name }: { name: string }) => name));
    for (const { type, name, inputs, dependsOn } of plan.resources) {
      assert.match(type, /^[\w-]+:[\w/-]+:\w+$/, name);
      assert.ok(typeof inputs === "object" && Array.isArray(dependsOn), name);
      for (const other of dependsOn) assert.ok(names.has(other), `${name} waits for ${other}, which is not in the plan`);
    }
    assert.ok(plan.controls.length > 8);
    for (const { control, status, how, resources } of plan.controls) {
      assert.ok(["native", "composed"].includes(status) && how !== "", control);
      assert.ok(resources.length > 0, `nothing keeps ${control}`);
      for (const name of resources) assert.ok(names.has(name), `${control} is kept by ${name}, which is not in the plan`);
    }
    for (const { severity, path, message, remedy } of plan.findings)
      assert.ok(["info", "warning"].includes(severity) && typeof path === "string" && message && remedy);
  });

  it("plan: the same for people", async () => {
    const { code, stdout } = await run("plan -f cdn.yaml --cloud aws");
    assert.equal(code, 0);
    assert.match(stdout, /^cdn\.yaml on aws \(\w[\w-]*\)/);
    assert.match(stdout, /\n\d+ resources\n[\s\S]*\n\d+ controls, each kept by\n/);
  });

  it("is the same on every run", async () => {
    const [one, two] = await Promise.all([run("plan -f cdn.yaml --cloud aws --json"), run("plan -f cdn.yaml --cloud aws --json")]);
    assert.equal(one.stdout, two.stdout);
  });

  it("colours a terminal and nothing else, and not where NO_COLOR asks for none", async () => {
    const before = { NO_COLOR: process.env.NO_COLOR, TERM: process.env.TERM };
    const file = join(documents.folder, "good.yaml");
    try {
      delete process.env.NO_COLOR;
      process.env.TERM = "xterm";
      assert.ok((await inProcess(["check", "-f", file], ROOT, true)).stdout.startsWith(`${ESCAPE}[32m✓`));
      assert.ok(!(await inProcess(["check", "-f", file], ROOT, true)).stdout.includes(`${ESCAPE}[31m`));
      assert.ok(!(await inProcess(["check", "-f", file], ROOT, false)).stdout.includes(ESCAPE));
      process.env.NO_COLOR = "1";
      assert.ok(!(await inProcess(["check", "-f", file], ROOT, true)).stdout.includes(ESCAPE));
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it("ends quietly when the reader of a pipe has seen enough", async () => {
    const child = spawn(process.execPath, [join(ROOT, "cli", "gateway.mjs"), "plan", "-f", "cdn.yaml", "--cloud", "aws", "--json"], {
      cwd: documents.folder,
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => {
      stderr += text;
    });
    const [code] = await once(child, "close");
    assert.deepEqual([code, stderr], [0, ""]);
  });

  it("lists the verbs there are, and no other", async () => {
    const { code, stdout } = await gateway(["--help"]);
    assert.equal(code, 0);
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, verb]) => verb);
    assert.deepEqual(
      verbs.filter((verb) => verb !== "help"),
      VERBS.map(({ name }) => name),
    );
  });
});
