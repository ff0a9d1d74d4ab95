import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { isExecutable, onPath } from "./find.ts";
import { goProgram, goRunner } from "./go.ts";
import { withLock } from "./lock.mjs";
import { cacheFolder } from "./packages.mjs";
import { say, step } from "./progress.mjs";

/** Version of Let's Encrypt's test authority that tools/pebble pins. */
export const PEBBLE_VERSION = "2.10.1";

/** The `go` line of tools/pebble/go.mod. */
const GO_MINIMUM = "1.25.0";
const MODULE = "github.com/letsencrypt/pebble/v2/cmd/pebble";

const cached = () => join(cacheFolder(), "pebble", PEBBLE_VERSION, "pebble");

/** Pebble: one on PATH, else the one set-up built; undefined when there is neither. */
export const findPebble = (): string | undefined => onPath("pebble")[0] ?? (isExecutable(cached()) ? cached() : undefined);

/**
 * Finds Pebble, or builds it from the Go module that tools/pebble pins: about half a minute, once for this machine. Only tests use it.
 *
 * @throws Error with one sentence saying what is missing and how to get it.
 */
export async function ensurePebble(root: string): Promise<string> {
  const found = findPebble();
  if (found !== undefined) return found;
  return withLock(
    join(cacheFolder(), "locks", "pebble"),
    async () => {
      if (!isExecutable(cached())) await build(root);
      return cached();
    },
    { purpose: "building Pebble", waiting: ({ pid }) => say(`Waiting for process ${pid}, which is building Pebble`) },
  );
}

async function build(root: string): Promise<void> {
  const go = await goProgram(`Pebble ${PEBBLE_VERSION}`, GO_MINIMUM);
  const staging = join(cacheFolder(), "staging", "pebble");
  mkdirSync(staging, { recursive: true });
  const run = goRunner(go, join(root, "tools", "pebble"), join(staging, "go"), "Pebble");
  await step(`Building Pebble ${PEBBLE_VERSION}, the tests' ACME authority, from source: about half a minute`, async () => {
    await run(["build", "-trimpath", "-ldflags", "-s -w", "-o", join(staging, "pebble"), MODULE]);
  });
  mkdirSync(dirname(cached()), { recursive: true });
  renameSync(join(staging, "pebble"), cached());
  rmSync(staging, { recursive: true, force: true });
}
