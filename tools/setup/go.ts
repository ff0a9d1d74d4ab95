import { homedir } from "node:os";
import { join } from "node:path";
import { gte } from "semver";
import { run } from "./child.mjs";
import { onPath, outputOf, versionIn } from "./find.ts";
import { cacheFolder } from "./packages.mjs";
import { say } from "./progress.mjs";

/** From here on Go fetches a newer toolchain by itself when a module needs one, unless GOTOOLCHAIN says `local`. */
const GO_SELF_UPDATING = "1.21.0";

/**
 * A Go that builds modules whose `go` line is `minimum`.
 *
 * @param what is built, with its version, for messages
 * @throws Error with one sentence saying what is missing and how to get it.
 */
export async function goProgram(what: string, minimum: string): Promise<string> {
  const wanted = `${what} is built with Go ${minimum} or newer`;
  const remedy = `install it (or ${what.replace(/^The/, "the")} itself) and run this again.`;
  const go = onPath("go")[0];
  if (go === undefined) throw new Error(`${wanted}, and this machine has no Go: ${remedy}`);
  const printed = await outputOf(go, ["env", "GOVERSION"], { ...ownConfig(), GOTOOLCHAIN: "local" });
  const present = versionIn(printed);
  if (present === undefined) throw new Error(`${wanted}, and ${go} does not tell its version: ${remedy}`);
  const chooses = gte(present, GO_SELF_UPDATING) && (await outputOf(go, ["env", "GOTOOLCHAIN"], ownConfig()))?.trim() !== "local";
  if (!gte(present, minimum) && !chooses) throw new Error(`${wanted}, and ${go} is ${present}: ${remedy}`);
  return go;
}

/** The environment, with the user's settings for Go, and without its counters of its own use in the user's folder for settings. */
function ownConfig(): NodeJS.ProcessEnv {
  // On a Mac Go looks nowhere else.
  if (process.platform === "darwin") return process.env;
  const config = process.env.XDG_CONFIG_HOME || join(homedir(), ".config");
  return { ...process.env, GOENV: process.env.GOENV ?? join(config, "go", "env"), XDG_CONFIG_HOME: join(cacheFolder(), "config") };
}

/** Environment in which go keeps what it fetches and builds below a folder; go.sum is the only word on what a module contains. */
export const goEnvironment = (caches: string): NodeJS.ProcessEnv => ({
  ...ownConfig(),
  GOMODCACHE: join(caches, "mod"),
  GOCACHE: join(caches, "build"),
  GOFLAGS: "-mod=readonly -modcacherw",
  GOWORK: "off",
  CGO_ENABLED: "0",
});

/** Runs go with caches of its own. @param what is built, for messages */
export function goRunner(go: string, cwd: string, caches: string, what: string) {
  const env = goEnvironment(caches);
  return async (args: string[], onText?: (text: string) => void): Promise<string> => {
    const { code, output, interrupted } = await run(go, args, { cwd, env, ...(onText === undefined ? {} : { onText }) });
    if (interrupted) throw new Error("Interrupted; run the same command again, the build goes on where it stopped.");
    if (code === 0) return output;
    say(output.split("\n").slice(-12).join("\n"));
    throw new Error(
      `Go could not build ${what} (its own message is above): check the network, Go's module proxy setting and the free disk space, and run this again; it goes on where it stopped.`,
    );
  };
}
