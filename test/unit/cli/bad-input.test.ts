import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { Documents, GOOD, gateway, inProcess, ROOT } from "./support.ts";

/** What the command answers to bad input, word for word. `status` is its exit code: 1 the answer is no, 2 wrong usage. */
interface Case {
  readonly title: string;
  readonly args: string;
  readonly status: 1 | 2;
  readonly stdout?: string;
  readonly stderr?: string;
}

const STACKS = "aws-dev, prod";
const CASES: readonly Case[] = [
  {
    title: "check of nothing",
    args: "check",
    status: 2,
    stderr: "error: one of -f and -s is needed\nWhat to do: give either a document with -f or a stack with -s.\n",
  },
  {
    title: "check of two things",
    args: "check -f good.yaml -s prod",
    status: 2,
    stderr: "error: one of -f and -s is needed\nWhat to do: give either a document with -f or a stack with -s.\n",
  },
  {
    title: "a missing document",
    args: "check -f nope.yaml",
    status: 1,
    stdout: "✗ nope.yaml: 1 fault\n  the document: the document cannot be read\n      give the path of a readable file\n",
  },
  {
    title: "a folder",
    args: "check -f folder",
    status: 1,
    stdout: "✗ folder: 1 fault\n  the document: the document cannot be read\n      give the path of a readable file\n",
  },
  {
    title: "broken YAML, with line and column",
    args: "check -f syntax.yaml",
    status: 1,
    stdout:
      "✗ syntax.yaml: 1 fault\n  the document: YAML: Flow map in block collection must be sufficiently indented and end with a } (syntax.yaml:4:3)\n      close it with } before this place\n",
  },
  {
    title: "broken JSON, with line and column",
    args: "check -f broken.json",
    status: 1,
    stdout:
      "✗ broken.json: 1 fault\n  the document: YAML: Flow map must end with a } (broken.json:1:14)\n      close it with } before this place\n",
  },
  {
    title: "an empty document",
    args: "check -f empty.yaml",
    status: 1,
    stdout:
      "✗ empty.yaml: 1 fault\n  the document: expected a map of fields, found null (empty) (empty.yaml:1:1)\n      give a map of fields\n",
  },
  {
    title: "every fault of a document at once, with what was meant",
    args: "check -f unknown.yaml",
    status: 1,
    stdout: [
      "✗ unknown.yaml: 3 faults",
      "  hostname: is missing (unknown.yaml:1:1)",
      "      give a text",
      "  backends: is missing (unknown.yaml:1:1)",
      "      give a map of names",
      '  hostnam: unknown field "hostnam" (unknown.yaml:2:1)',
      '      did you mean "hostname"?',
      "",
    ].join("\n"),
  },
  {
    title: "a plan of a broken document",
    args: "plan -f unknown.yaml --cloud aws",
    status: 1,
    stderr: [
      "error: unknown.yaml has 3 faults",
      "  unknown.yaml:1:1: hostname: is missing; give a text",
      "  unknown.yaml:1:1: backends: is missing; give a map of names",
      '  unknown.yaml:2:1: hostnam: unknown field "hostnam"; did you mean "hostname"?',
      "What to do: correct the document.",
      "",
    ].join("\n"),
  },
  {
    title: "a plan without a cloud",
    args: "plan -f good.yaml",
    status: 2,
    stderr: "error: a document alone does not say which cloud to plan for\nWhat to do: give it with --cloud: aws, azure, gcp, local.\n",
  },
  {
    title: "an unknown cloud",
    args: "plan -f good.yaml --cloud ibm",
    status: 2,
    stderr: 'error: --cloud is "ibm"\nWhat to do: choose one of aws, azure, gcp, local.\n',
  },
  {
    title: "an unknown stack",
    args: "check -s staging",
    status: 1,
    stderr: `error: There is no stack "staging": stacks/Pulumi.staging.yaml does not exist\nWhat to do: choose one of ${STACKS}, or create it.\n`,
  },
  {
    title: "no stack",
    args: "up",
    status: 2,
    stderr: `error: no stack is given\nWhat to do: give one with -s: ${STACKS}.\n`,
  },
  {
    title: "a stack name that is a path",
    args: "up -s ../prod",
    status: 2,
    stderr:
      'error: "../prod" is not a stack name\nWhat to do: use letters, digits, dots, dashes and underscores, a letter or digit first.\n',
  },
  {
    title: "a stack file that names no document and a cloud there is not",
    args: "up -s prod",
    status: 1,
    stderr: [
      "error: stacks/Pulumi.prod.yaml has 2 faults",
      '  stacks/Pulumi.prod.yaml: config["secure-gateway:cloud"]: is "azur"; allowed: aws, azure, gcp, local',
      '  stacks/Pulumi.prod.yaml: config["secure-gateway:document"]: is missing; give the path of a gateway document, relative to the project',
      "What to do: correct the stack file.",
      "",
    ].join("\n"),
  },
  {
    title: "a stack whose document is missing",
    args: "check -s aws-dev",
    status: 1,
    stdout: "✗ gateways/shop.yaml: 1 fault\n  the document: the document cannot be read\n      give the path of a readable file\n",
  },
  {
    title: "an unknown verb",
    args: "chek -f good.yaml",
    status: 2,
    stderr: "error: unknown command 'chek'\n(Did you mean check?)\n(see `npx gateway <verb> --help`)\n",
  },
  {
    title: "an unknown option",
    args: "plan --clod aws",
    status: 2,
    stderr: "error: unknown option '--clod'\n(Did you mean --cloud?)\n(see `npx gateway <verb> --help`)\n",
  },
  {
    title: "an argument too many",
    args: "up -s prod now",
    status: 2,
    stderr: "error: too many arguments for 'up'. Expected 0 arguments but got 1: now.\n(see `npx gateway <verb> --help`)\n",
  },
  {
    title: "verify of a document without an address",
    args: "verify -f good.yaml",
    status: 2,
    stderr: "error: the document does not say where its gateway is\nWhat to do: give its address with --url.\n",
  },
  {
    title: "verify with an authority that is not there",
    args: "verify -f good.yaml --url https://api.example.com --ca nope.pem",
    status: 2,
    stderr: "error: --ca nope.pem cannot be read (ENOENT)\nWhat to do: give the path of a readable file.\n",
  },
  {
    title: "a token that is valid for ever",
    args: "token -s prod --lifetime 1e9",
    status: 2,
    stderr: 'error: --lifetime is "1e9"\nWhat to do: give 1 to 86400 seconds.\n',
  },
  {
    title: "a token with a claim the stack sets",
    args: "token -s prod --claim iss=me",
    status: 2,
    stderr: "error: --claim iss is not allowed: the stack or an option of its own sets it\nWhat to do: leave it out.\n",
  },
];

describe("bad input", function () {
  this.timeout(20_000);
  const documents = new Documents();
  let command: string;
  before(() => {
    documents.write("good.yaml", GOOD);
    documents.write("syntax.yaml", "name: shop\nroutes:\n  a: { path: /x\n  b: 1\n");
    documents.write("broken.json", '{"name": "x",');
    documents.write("empty.yaml", "");
    documents.write("folder/inside", "");
    documents.write("unknown.yaml", "name: shop\nhostnam: x\n");
    command = documents.project();
    documents.write("stacks/Pulumi.prod.yaml", "config:\n  secure-gateway:cloud: azur\n");
    documents.write("stacks/Pulumi.aws-dev.yaml", "config: { secure-gateway:cloud: aws, secure-gateway:document: gateways/shop.yaml }\n");
  });
  after(() => documents.close());

  for (const { title, args, status, stdout = "", stderr = "" } of CASES) {
    it(title, async () => {
      const words = args.split(" ");
      const [people, program] = await Promise.all([
        gateway(words, documents.folder, { command }),
        gateway([...words, "--json"], documents.folder, { command }),
      ]);
      assert.deepEqual(people, { code: status, stdout, stderr });
      const answer = JSON.parse(program.stdout) as { ok: boolean; error?: { message: string; remedy: string }; faults?: unknown[] };
      assert.deepEqual([program.code, answer.ok], [status, false]);
      assert.ok(answer.error ? answer.error.message !== "" && answer.error.remedy !== "" : (answer.faults?.length ?? 0) > 0);
      assert.ok(!/\n {4}at /.test(people.stderr + program.stderr), "a stack trace");
    });
  }

  for (const verb of [
    "preview",
    "up",
    "refresh",
    "destroy",
    "outputs",
    "certs",
    "rotate --what leaf",
    "history",
    "cancel",
    "token",
    "secret x",
    "verify",
  ])
    it(`${verb} says which stacks there are before it looks for a tool`, async () => {
      const unknown = await inProcess([...verb.split(" "), "-s", "staging"], documents.folder);
      assert.deepEqual(unknown, {
        code: 1,
        stdout: "",
        stderr: `error: There is no stack "staging": stacks/Pulumi.staging.yaml does not exist\nWhat to do: choose one of ${STACKS}, or create it.\n`,
      });
      if (verb === "verify") return;
      assert.deepEqual(await inProcess(verb.split(" "), documents.folder), {
        code: 2,
        stdout: "",
        stderr: `error: no stack is given\nWhat to do: give one with -s: ${STACKS}.\n`,
      });
    });

  it("tells how it is used when nothing is asked", async () => {
    const { code, stderr } = await gateway([]);
    assert.equal(code, 2);
    assert.match(stderr, /^Usage: gateway \[options\] \[command\]\n/);
  });

  it("says that the packages are not installed", async () => {
    const bare = new Documents();
    try {
      for (const part of ["cli/gateway.mjs", "tools/setup"]) cpSync(join(ROOT, part), join(bare.folder, part), { recursive: true });
      assert.deepEqual(await gateway(["check"], bare.folder, { command: join(bare.folder, "cli", "gateway.mjs") }), {
        code: 1,
        stdout: "",
        stderr: "The project's packages are not installed: run `npm start` (sets everything up) or `npm ci` in the project first.\n",
      });
    } finally {
      bare.close();
    }
  });
});
