import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { bench } from "./tasks/bench.ts";
import { check } from "./tasks/check.ts";
import { format } from "./tasks/format.ts";
import { generate } from "./tasks/generated.ts";
import { packageTask } from "./tasks/package.ts";
import { proof } from "./tasks/proof.ts";
import { screenshots } from "./tasks/screenshots.ts";
import { start } from "./tasks/start.ts";
import { test, unitTests } from "./tasks/test.ts";

/** A task answers with the exit code. */
export type Task = (root: string, args: readonly string[]) => Promise<number>;

const TASKS: Readonly<Record<string, Task>> = {
  start,
  test,
  "test:unit": unitTests,
  check,
  format,
  generate,
  bench,
  proof,
  package: packageTask,
  screenshots,
};

const [name = "", ...args] = process.argv.slice(2);
const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
if (task === undefined) {
  process.stderr.write(`There is no task ${JSON.stringify(name)}; there are ${Object.keys(TASKS).join(", ")}\n`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await task(dirname(dirname(fileURLToPath(import.meta.url))), args);
  } catch (error) {
    // What set-up throws is written for the person who runs it.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
