import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { goProgram, goRunner } from "./go.ts";
import { cacheFolder } from "./packages.mjs";
import { duration, step } from "./progress.mjs";

/** The `go` line of tools/pulumi/go.mod. */
const GO_MINIMUM = "1.25.11";

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
  const go = await goProgram(`The Pulumi CLI ${version}`, GO_MINIMUM);
  const caches = join(cacheFolder(), "staging", "go");
  const folder = join(cacheFolder(), "staging", "pulumi-build");
  mkdirSync(folder, { recursive: true });
  const build = goRunner(go, join(root, "tools", "pulumi"), caches, "the Pulumi CLI");

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
