import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gte } from "semver";
import { run } from "./child.mjs";
import { onPath, outputOf, versionIn } from "./find.ts";
import { cacheFolder } from "./packages.mjs";
import { duration, say, step } from "./progress.mjs";

/** The `go` line of tools/pulumi/go.mod. */
const GO_MINIMUM = "1.25.11";
/** From here on Go fetches a newer toolchain by itself when a module needs one, unless GOTOOLCHAIN says `local`. */
const GO_SELF_UPDATING = "1.21.0";

const MODULE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/**
 * Builds the Pulumi CLI from the Go module that tools/pulumi pins. Module and build caches lie in the project's cache folder while it
 * runs, so that an interrupted build goes on where it stopped, and are removed afterwards.
 *
 * @returns the folder with the program
 * @throws Error with one sentence saying what is missing and how to get it.
 */
export async function buildPulumi(root: string, version: string): Promise<string> {
  const go = await goProgram(version);
  const caches = join(cacheFolder(), "staging", "go");
  const folder = join(cacheFolder(), "staging", "pulumi-build");
  mkdirSync(folder, { recursive: true });
  const build = goRunner(go, join(root, "tools", "pulumi"), caches);

  await step(
    `Building the Pulumi CLI ${version} from source: once for this machine, about 5 minutes on 2 cores, 3 GB of disk meanwhile`,
    async (report) => {
      report("fetching modules");
      const listed = await build(["list", "-deps", "-f", "+", MODULE]);
      const total = listed.split("\n").filter((line) => line === "+").length;
      const started = Date.now();
      let compiled = 0;
      const ldflags = `-s -w -X ${VERSION_VARIABLE}=${version}`;
      await build(["build", "-v", "-trimpath", "-ldflags", ldflags, "-o", join(folder, "pulumi"), MODULE], (text) => {
        compiled += text.split("\n").length - 1;
        const share = Math.min(compiled / total, 1);
        const left = ((Date.now() - started) / share) * (1 - share);
        report(share < 0.97 ? `package ${compiled} of ${total}, about ${duration(left)} left` : "linking, the last step");
      });
    },
  );
  rmSync(caches, { recursive: true, force: true });
  return folder;
}

async function goProgram(version: string): Promise<string> {
  const wanted = `The Pulumi CLI ${version} is built with Go ${GO_MINIMUM} or newer`;
  const remedy = `install it (or the Pulumi CLI ${version} itself) and run this again.`;
  const go = onPath("go")[0];
  if (go === undefined) throw new Error(`${wanted}, and this machine has no Go: ${remedy}`);
  const printed = await outputOf(go, ["env", "GOVERSION"], { ...process.env, GOTOOLCHAIN: "local" });
  const present = versionIn(printed);
  if (present === undefined) throw new Error(`${wanted}, and ${go} does not tell its version: ${remedy}`);
  const chooses = gte(present, GO_SELF_UPDATING) && (await outputOf(go, ["env", "GOTOOLCHAIN"]))?.trim() !== "local";
  if (!gte(present, GO_MINIMUM) && !chooses) throw new Error(`${wanted}, and ${go} is ${present}: ${remedy}`);
  return go;
}

/** Runs go with caches of its own; go.sum is the only word on what a module contains. */
function goRunner(go: string, cwd: string, caches: string) {
  const env = {
    ...process.env,
    GOMODCACHE: join(caches, "mod"),
    GOCACHE: join(caches, "build"),
    GOFLAGS: "-mod=readonly -modcacherw",
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
  return async (args: string[], onText?: (text: string) => void): Promise<string> => {
    const { code, output, interrupted } = await run(go, args, { cwd, env, ...(onText === undefined ? {} : { onText }) });
    if (interrupted) throw new Error("Interrupted; run the same command again, the build goes on where it stopped.");
    if (code === 0) return output;
    say(output.split("\n").slice(-12).join("\n"));
    throw new Error(
      "Go could not build the Pulumi CLI (its own message is above): check the network, Go's module proxy setting and the free disk space, and run this again; it goes on where it stopped.",
    );
  };
}
