import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./child.mjs";
import { onPath, outputOf } from "./find.ts";
import { withLock } from "./lock.mjs";
import { cacheFolder } from "./packages.mjs";
import { say, step } from "./progress.mjs";

/** A Python program in a virtual environment of its own. */
export interface PythonTool {
  /** Python of the environment: run the program's modules with it. */
  readonly python: string;
  /** Folder of the environment's programs. */
  readonly bin: string;
}

/**
 * A program of the test suite that is written in Python: exactly the packages of `tools/<name>/requirements.txt`, each checked against its digest,
 * in a virtual environment in the cache folder. It is made once for each content of that file.
 *
 * @throws Error with one sentence saying what is missing and how to get it.
 */
export async function ensurePythonTool(root: string, name: string, title: string): Promise<PythonTool> {
  const requirements = join(root, "tools", name, "requirements.txt");
  const version = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), "python", name, version);
  const tool: PythonTool = { python: join(folder, "bin", "python"), bin: join(folder, "bin") };
  if (complete(folder)) return tool;
  return withLock(
    join(cacheFolder(), "locks", `python-${name}`),
    async () => {
      if (!complete(folder)) await install(requirements, folder, title);
      return tool;
    },
    { purpose: `fetching ${title}`, waiting: ({ pid }) => say(`Waiting for process ${pid}, which is fetching ${title}`) },
  );
}

/** Written last; an environment holds absolute paths and cannot be moved into place. */
const complete = (folder: string) => existsSync(join(folder, "complete"));

async function install(requirements: string, folder: string, title: string): Promise<void> {
  const python = onPath("python3")[0];
  if (python === undefined)
    throw new Error(
      `${title} is a Python program, and this machine has no python3: install Python 3.10 or newer with venv and run this again.`,
    );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await step(`Fetching ${title}`, async () => {
    if ((await outputOf(python, ["-m", "venv", folder])) === undefined)
      throw new Error(
        `${title} is installed with Python's venv, which ${python} cannot do: install the system's python3-venv package and run this again.`,
      );
    const options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--quiet"];
    const result = await run(join(folder, "bin", "python"), ["-m", "pip", "install", ...options, "-r", requirements]);
    if (result.interrupted) throw new Error("Interrupted; run the same command again, it starts over safely.");
    if (result.code !== 0) {
      say(result.output.trimEnd().split("\n").slice(-6).join("\n"));
      throw new Error(
        `pip could not install ${title} (its own message is above): check the network and pip's index setting and run this again.`,
      );
    }
    writeFileSync(join(folder, "complete"), "");
  });
}
