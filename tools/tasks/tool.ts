import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Runs a tool of the locked packages with the Node that runs us, its output shown as it comes.
 *
 * @param name package, and the program in it when that is called differently: `@biomejs/biome`, `typescript/tsc`
 * @returns its exit code; 130 or 143 when we were asked to stop meanwhile
 */
export function runTool(root: string, name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [programFile(root, name), ...args], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, ...env },
    });
    // A terminal sends Ctrl-C to the tool as well; any other signal is passed on.
    let stopped = 0;
    const ignore = () => {
      stopped = 130;
    };
    const pass = (signal: NodeJS.Signals) => {
      stopped = 143;
      child.kill(signal);
    };
    process.on("SIGINT", ignore).on("SIGTERM", pass).on("SIGHUP", pass);
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("SIGINT", ignore).off("SIGTERM", pass).off("SIGHUP", pass);
      resolve(stopped || (code ?? 1));
    });
  });
}

function programFile(root: string, name: string): string {
  const parts = name.split("/");
  const scoped = name.startsWith("@") ? 2 : 1;
  const folder = join(root, "node_modules", ...parts.slice(0, scoped));
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { bin: string | Record<string, string> };
  const file = typeof bin === "string" ? bin : bin[parts[scoped] ?? (parts[scoped - 1] as string)];
  if (file === undefined) throw new Error(`${dirname(folder)} has no program ${name}`);
  return join(folder, file);
}
