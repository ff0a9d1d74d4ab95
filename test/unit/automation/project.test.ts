import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { parse } from "yaml";
import { OperationError } from "../../../automation/errors.ts";
import { openProject, stackNames } from "../../../automation/project.ts";
import { readStackFile, settingsOf } from "../../../automation/stack-file.ts";
import { engineEnvironment, stateBackend, withoutCredentials } from "../../../automation/state.ts";
import { createWorkFolder, sweepWorkFolders } from "../../../automation/work-folder.ts";
import { Folder } from "./support.ts";

const PULUMI_YAML = `name: secure-gateway
main: index.ts
runtime: { name: nodejs, options: { typescript: false } }
stackConfigDir: stacks
backend: { url: "file://.gateway/state?create_dir=true" }
plugins: { providers: [{ name: localgateway, path: providers/local }, { name: other, path: ${sep}opt${sep}other }] }
`;
const STACK = "# kept\nconfig:\n  secure-gateway:cloud: local\n  secure-gateway:document: gateways/shop.yaml\n";

describe("a project on disk", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder({
      "Pulumi.yaml": PULUMI_YAML,
      "stacks/Pulumi.local.yaml": STACK,
      "stacks/Pulumi.prod.yaml": STACK,
      "stacks/notes.txt": "",
    });
  });
  afterEach(() => folder.close());
  const project = () => openProject(folder.path);
  const thrown = (code: string, message: string, remedy: string) => (error: unknown) => {
    assert.ok(error instanceof OperationError);
    assert.deepEqual([error.code, error.message, error.remedy], [code, message, remedy]);
    return true;
  };

  it("lists its stacks", () => assert.deepEqual(stackNames(project()), ["local", "prod"]));

  it("refuses a folder that is no project", () => {
    const empty = new Folder({});
    assert.throws(() => openProject(empty.path), { code: "state", remedy: "run this inside a checkout of the project" });
    empty.write("Pulumi.yaml", "runtime: nodejs");
    assert.throws(
      () => openProject(empty.path),
      thrown("state", `${join(empty.path, "Pulumi.yaml")} has no name`, "give the project a name"),
    );
    empty.close();
  });

  it("reads what a stack runs where", () => {
    assert.deepEqual(settingsOf(project(), readStackFile(project(), "local")), {
      cloud: "local",
      document: join(folder.path, "gateways", "shop.yaml"),
      overlay: undefined,
    });
  });

  it("names the stacks there are when there is no such stack", () => {
    assert.throws(
      () => readStackFile(project(), "staging"),
      thrown(
        "no-stack",
        'There is no stack "staging": stacks/Pulumi.staging.yaml does not exist',
        "choose one of local, prod, or create it",
      ),
    );
  });

  it("refuses names that are paths", () => {
    for (const name of ["../x", "..", "a/b/c/d", "", "a b", "-x"])
      assert.throws(
        () => readStackFile(project(), name),
        thrown(
          "usage",
          `${JSON.stringify(name)} is not a stack name`,
          "use letters, digits, dots, dashes and underscores, a letter or digit first",
        ),
      );
  });

  it("takes the file of an organisation's stack", () =>
    assert.equal(readStackFile(project(), "acme/secure-gateway/prod").stack, "acme/secure-gateway/prod"));

  it("reports every fault of a stack's settings", () => {
    folder.write(
      "stacks/Pulumi.bad.yaml",
      "config:\n  secure-gateway:cloud: azur\n  secure-gateway:overlay: { tls: { key: { secure: v1:abc } } }\n",
    );
    assert.throws(() => settingsOf(project(), readStackFile(project(), "bad")), {
      code: "settings",
      faults: [
        {
          path: 'config["secure-gateway:cloud"]',
          message: 'is "azur"',
          remedy: "allowed: aws, azure, gcp, local",
          file: "stacks/Pulumi.bad.yaml",
        },
        {
          path: 'config["secure-gateway:document"]',
          message: "is missing",
          remedy: "give the path of a gateway document, relative to the project",
          file: "stacks/Pulumi.bad.yaml",
        },
        {
          path: 'config["secure-gateway:overlay"]',
          message: "holds an encrypted value",
          remedy: "store it under a key of its own and name it in the overlay with { secret: <key> }",
          file: "stacks/Pulumi.bad.yaml",
        },
      ],
    });
  });

  it("gives the engine a work folder that says the same with absolute paths", () => {
    const work = createWorkFolder(project(), readStackFile(project(), "local"), "a1");
    assert.deepEqual(parse(readFileSync(join(work.path, "Pulumi.yaml"), "utf8")), {
      name: "secure-gateway",
      runtime: { name: "nodejs", options: { typescript: false } },
      plugins: {
        providers: [
          { name: "localgateway", path: join(folder.path, "providers", "local") },
          { name: "other", path: "/opt/other" },
        ],
      },
    });
    assert.equal(readFileSync(join(work.path, "Pulumi.local.yaml"), "utf8"), STACK);
    assert.equal(statSync(work.path).mode & 0o777, 0o700);
    work.remove();
    assert.deepEqual(readdirSync(join(project().privateFolder, "work")), []);
  });

  it("removes work folders of processes that are gone, and no others", () => {
    const mine = createWorkFolder(project(), readStackFile(project(), "local"), "a1");
    folder.write(".gateway/work/999999999-dead/Pulumi.yaml", "");
    folder.write(".gateway/work/notes", "");
    sweepWorkFolders(project());
    assert.deepEqual(readdirSync(join(project().privateFolder, "work")).sort(), [`${process.pid}-a1`, "notes"]);
    mine.remove();
  });

  describe("its state", () => {
    const own = () => join(folder.path, ".gateway", "state");

    it("lies where Pulumi.yaml says, counted from the project", () => {
      assert.deepEqual(stateBackend(project(), {}), { url: `file://${own()}?create_dir=true`, kind: "file", ownFolder: own() });
    });

    it("lies in the checkout when nobody says anything", () => {
      folder.write("Pulumi.yaml", "name: x\n");
      assert.deepEqual(stateBackend(project(), {}), { url: `file://${own()}?create_dir=true`, kind: "file", ownFolder: own() });
    });

    it("lies where PULUMI_BACKEND_URL says, counted from the current folder", () => {
      const at = (PULUMI_BACKEND_URL: string) => stateBackend(project(), { PULUMI_BACKEND_URL });
      assert.deepEqual(at("file://elsewhere"), { url: `file://${join(process.cwd(), "elsewhere")}`, kind: "file", ownFolder: undefined });
      assert.deepEqual(at("file://~"), { url: "file://~", kind: "file", ownFolder: undefined });
      assert.deepEqual(at("s3://bucket?region=x"), { url: "s3://bucket?region=x", kind: "bucket", ownFolder: undefined });
      assert.deepEqual(at("https://api.example.com"), { url: "https://api.example.com", kind: "service", ownFolder: undefined });
    });

    it("has a passphrase of its own, made once and readable by its owner only", () => {
      const file = join(folder.path, ".gateway", "passphrase");
      const environment = () => engineEnvironment(project(), stateBackend(project(), {}), undefined, { HOME: "/h" });
      assert.equal(environment().PULUMI_CONFIG_PASSPHRASE_FILE, file);
      const first = readFileSync(file, "utf8");
      assert.match(first, /^[\w-]{43}\n$/);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      environment();
      assert.equal(readFileSync(file, "utf8"), first);
    });

    it("leaves the user's passphrase, home folder and key service alone", () => {
      const backend = stateBackend(project(), {});
      const given = engineEnvironment(project(), backend, undefined, { PULUMI_CONFIG_PASSPHRASE: "", PULUMI_HOME: "/p" });
      assert.deepEqual(given, { PULUMI_BACKEND_URL: backend.url, PULUMI_SKIP_UPDATE_CHECK: "true" });
      assert.equal("PULUMI_CONFIG_PASSPHRASE_FILE" in engineEnvironment(project(), backend, "awskms://alias/x", {}), false);
      const service = stateBackend(project(), { PULUMI_BACKEND_URL: "https://api.example.com" });
      assert.deepEqual(engineEnvironment(project(), service, undefined, {}), {
        PULUMI_BACKEND_URL: service.url,
        PULUMI_SKIP_UPDATE_CHECK: "true",
      });
    });

    it("asks for the passphrase of a state that others may share", () => {
      const backend = stateBackend(project(), { PULUMI_BACKEND_URL: "s3://key:word@bucket?region=x" });
      assert.throws(
        () => engineEnvironment(project(), backend, undefined, {}),
        thrown(
          "secrets",
          "The state at s3://bucket is protected by a passphrase, and there is none",
          "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or name a key service in the stack file's `secretsprovider`",
        ),
      );
    });

    it("is named without what may be secret in its address", () =>
      assert.equal(withoutCredentials("postgres://u:p@h/db?sslkey=x"), "postgres://h/db"));
  });
});
