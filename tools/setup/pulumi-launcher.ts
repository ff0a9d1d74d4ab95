import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";
import { isExecutable } from "./find.ts";
import { cacheFolder } from "./packages.mjs";
import { say, step } from "./progress.mjs";

/** A download that has not grown for so long is given up, in milliseconds. */
const PATIENCE = 20_000;

/**
 * The vendor's build, through the npm package `pulumi`: a launcher that downloads the CLI of its own version into PULUMI_HOME.
 * Where the vendor cannot be reached it fails at once or after 20 seconds of silence.
 *
 * @returns the folder with `pulumi` and the language hosts, or undefined when it cannot be had
 */
export async function launchPulumi(root: string, version: string): Promise<string | undefined> {
  const launcher = join(root, "node_modules", "pulumi", "run.js");
  const staging = join(cacheFolder(), "staging", "pulumi-download");
  const clear = () => rmSync(staging, { recursive: true, force: true });
  clear();
  mkdirSync(join(staging, "tmp"), { recursive: true });
  return step(`Fetching the Pulumi CLI ${version} from its vendor`, async (report) => {
    const { code, interrupted, output } = await whileGrowing(staging, report, (started) =>
      run(process.execPath, [launcher, "version"], {
        env: { ...process.env, PULUMI_HOME: join(staging, "home"), TMPDIR: join(staging, "tmp"), NODE_USE_ENV_PROXY: "1" },
        started: (_pid, kill) => started(() => kill("SIGKILL")),
      }),
    );
    if (interrupted) {
      clear();
      throw new Error("Interrupted; run the same command again, it starts over safely.");
    }
    const folder = join(staging, "home", "versions", version, "bin");
    if (code === 0 && isExecutable(join(folder, "pulumi"))) return folder;
    say(`  not to be had from here (${lastLine(output) || "no answer"}); building it instead`);
    clear();
    return undefined;
  });
}

/** Ends the work when nothing below `folder` has grown for a while. */
async function whileGrowing<T>(folder: string, report: (state: string) => void, work: (started: (stop: () => void) => void) => Promise<T>) {
  let stop = () => {};
  let size = -1;
  let since = Date.now();
  const watching = setInterval(() => {
    const now = sizeOf(folder);
    if (now !== size) {
      size = now;
      since = Date.now();
      report(`${Math.round(size / 1e6)} MB`);
    } else if (Date.now() - since > PATIENCE) stop();
  }, 1000);
  try {
    return await work((kill) => {
      stop = kill;
    });
  } finally {
    clearInterval(watching);
  }
}

function sizeOf(folder: string): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    try {
      sum += statSync(join(entry.parentPath, entry.name)).size;
    } catch {
      // Moved away while we looked.
    }
  }
  return sum;
}

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1)?.trim() ?? "";
