import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildPackage, packPackage } from "../../../tools/package/build.ts";
import { importedPackages, packageManifest } from "../../../tools/package/manifest.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

describe("the npm package", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "gateway-package-"));
  const program = join(folder, "program");
  const installed = join(program, "node_modules", "secure-gateway");
  let files: string[];
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** As npm would lay it out, with the packages of this checkout: the shared ones, those the package names, and the SDK of one cloud. */
  before(() => {
    const tarball = packPackage(buildPackage(ROOT, join(folder, "package")), folder);
    const unpacked = spawnSync("tar", ["-xzf", tarball, "-C", folder, "--one-top-level=unpacked"], { encoding: "utf8" });
    assert.equal(unpacked.status, 0, unpacked.stderr);
    mkdirSync(dirname(installed), { recursive: true });
    renameSync(join(folder, "unpacked", "package"), installed);
    files = readdirSync(installed, { recursive: true, encoding: "utf8" });
    const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    for (const name of [...Object.keys(dependencies), "@pulumi/pulumi", "@pulumi/aws"]) {
      const link = join(program, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), link, "dir");
    }
    for (const file of readdirSync(join(ROOT, "examples", "pulumi-program")))
      cpSync(join(ROOT, "examples", "pulumi-program", file), join(program, file));
    cpSync(join(import.meta.dirname, "program.js"), join(program, "run.mjs"));
  });

  it("holds compiled files, declarations and what is read at run time, and nothing else", () => {
    const endings = new Set(files.filter((file) => /\.\w+$/.test(file)).map((file) => file.replace(/^.*?((\.d)?\.\w+)$/, "$1")));
    assert.deepEqual([...endings].sort(), [".bundle", ".d.ts", ".js", ".json", ".md"]);
    for (const file of files.filter((name) => name.endsWith(".js")))
      assert.ok(existsSync(join(installed, file.replace(/\.js$/, ".d.ts"))), file);
    for (const file of files.filter((name) => /\.(d\.ts|js)$/.test(name)))
      assert.doesNotMatch(readFileSync(join(installed, file), "utf8"), /^(?:import|export|\}).* from ["']\.[^"']*\.ts["']/m, file);
  });

  it("is not published by accident, and with its provenance when it is", () => {
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    assert.equal(manifest.private, true);
    assert.deepEqual(manifest.publishConfig, { access: "restricted", provenance: true });
    assert.deepEqual(Object.keys(manifest.peerDependenciesMeta), [
      "@pulumi/aws",
      "@pulumi/azure-native",
      "@pulumi/gcp",
      "@pulumi/kubernetes",
    ]);
    assert.equal(manifest.scripts, undefined);
  });

  it("runs the example on plain Node, with the SDK of its own cloud only", () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--no-strip-types", "run.mjs"], { cwd: program, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const { made, url, controls, refused } = JSON.parse(stdout);
    assert.equal(url, "https://api.orders.example.com");
    assert.ok(made.some(({ type }: { type: string }) => type === "aws:apigateway/restApi:RestApi"));
    assert.equal(made.find(({ type }: { type: string }) => type === "secure-gateway:index:SecureGateway")?.name, "orders");
    assert.ok(controls.includes("require.jwt: composed"), controls.join(", "));
    // The other clouds' SDKs are not there, and nobody missed them until now.
    assert.equal(
      refused[0],
      "The cloud gcp needs the package @pulumi/gcp, which is not installed; install it next to secure-gateway: npm install @pulumi/gcp",
    );
    assert.equal(refused[1], "The cloud local is not part of this package; deploy it from a checkout of the project.");
  });

  it("is typed for the programs that use it", () => {
    writeFileSync(
      join(program, "typed.ts"),
      `import { type GatewayModel, loadModel } from "secure-gateway";
import { AzureGateway } from "secure-gateway/azure";
import { GcpGateway } from "secure-gateway/gcp";
const model: GatewayModel = await loadModel({ file: "gateway.yaml" });
new AzureGateway("a", { model }, { protect: true }).url.apply((url: string) => url);
// @ts-expect-error the class names the cloud
new GcpGateway("g", { model, cloud: "aws" });
`,
    );
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", "typed.ts"];
    const checked = spawnSync(process.execPath, [join(ROOT, "node_modules", "typescript", "bin", "tsc"), ...options], {
      cwd: program,
      encoding: "utf8",
    });
    assert.equal(checked.status, 0, checked.stdout);
  });
});

describe("package.json of the package", () => {
  const project = {
    name: "g",
    version: "1.0.0",
    description: "",
    license: "MIT",
    dependencies: { zod: "1.0.0", "@pulumi/pulumi": "3.0.0", "@pulumi/gcp": "9.0.0" },
  };

  it("asks for what the files import: shared and optional packages as peers", () => {
    const {
      dependencies,
      peerDependencies,
      peerDependenciesMeta,
      private: kept,
    } = packageManifest(project, new Set(["zod", "@pulumi/pulumi", "@pulumi/gcp"]));
    assert.deepEqual([dependencies, peerDependencies], [{ zod: "1.0.0" }, { "@pulumi/pulumi": "^3.0.0", "@pulumi/gcp": "^9.0.0" }]);
    assert.deepEqual([peerDependenciesMeta, kept], [{ "@pulumi/gcp": { optional: true } }, undefined]);
  });

  it("fails for an import that is no dependency", () => {
    assert.throws(() => packageManifest(project, new Set(["left-pad"])), {
      message: "The package imports left-pad, which package.json does not list as dependencies",
    });
  });

  it("finds imports in every form the compiler writes", () => {
    const text = `import a from "a";\nimport { b } from '@s/b/c.js';\nimport "d";\nexport * from "e/f";\nconst g = await import("g");\nconst h = load("@s/h");\nimport "./own.js";\nimport i from "node:fs";\n`;
    assert.deepEqual(importedPackages(text).sort(), ["@s/b", "@s/h", "a", "d", "e", "g"]);
  });
});
