import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { gte, major } from "semver";
import { type FoundProgram, isExecutable, onPath, outputOf, versionIn } from "./find.ts";
import { withLock } from "./lock.mjs";
import { cacheFolder } from "./packages.mjs";
import { say } from "./progress.mjs";
import { buildPulumi } from "./pulumi-build.ts";
import { launchPulumi } from "./pulumi-launcher.ts";

/** The version set-up provides, and the oldest one of the machine's own that it accepts. */
export const PULUMI_VERSION = "3.250.0";

const cached = () => join(cacheFolder(), "pulumi", PULUMI_VERSION, "pulumi");

/** The Pulumi CLI: one on PATH that is new enough, else the one set-up made; undefined when there is neither. */
export async function findPulumi(): Promise<FoundProgram | undefined> {
  for (const command of onPath("pulumi")) {
    const printed = await outputOf(command, ["version"], { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" });
    const version = versionIn(printed);
    if (version && gte(version, PULUMI_VERSION) && major(version) === major(PULUMI_VERSION)) return { command, version, source: "PATH" };
  }
  return isExecutable(cached()) ? { command: cached(), version: PULUMI_VERSION, source: "cache" } : undefined;
}

/**
 * Finds the Pulumi CLI, or provides it: the vendor's build through the npm package `pulumi`, and where that cannot be reached,
 * a build of the pinned Go module. Two processes at once share one build; an interrupted one goes on where it stopped.
 *
 * @throws Error with one sentence saying what is missing and how to get it.
 */
export async function ensurePulumi(root: string): Promise<FoundProgram> {
  const found = await findPulumi();
  if (found) return found;
  for (const command of onPath("pulumi")) say(`The Pulumi CLI at ${command} is older than ${PULUMI_VERSION} and is not used.`);
  return withLock(
    join(cacheFolder(), "locks", "pulumi"),
    async () => {
      if (!isExecutable(cached())) {
        const folder = (await launchPulumi(root, PULUMI_VERSION)) ?? (await buildPulumi(root, PULUMI_VERSION));
        await moveInPlace(folder);
      }
      return { command: cached(), version: PULUMI_VERSION, source: "cache" as const };
    },
    { purpose: "providing the Pulumi CLI", waiting: ({ pid }) => say(`Waiting for process ${pid}, which is providing the Pulumi CLI`) },
  );
}

/** Makes a folder with a working `pulumi` the cached one, in one step. */
async function moveInPlace(folder: string): Promise<void> {
  const printed = await outputOf(join(folder, "pulumi"), ["version"], { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" });
  if (versionIn(printed) !== PULUMI_VERSION)
    throw new Error(`The Pulumi CLI that was made does not answer as ${PULUMI_VERSION}: delete ${dirname(folder)} and run this again.`);
  const target = dirname(cached());
  rmSync(target, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  renameSync(folder, target);
  rmSync(join(cacheFolder(), "staging", "pulumi-download"), { recursive: true, force: true });
}
