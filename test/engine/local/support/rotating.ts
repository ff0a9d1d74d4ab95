/** Runs a rotation in a process of its own, which a test kills: `node rotating.ts <project> <stack> <what>`; says `step <number>` before each step. */
import { openProject } from "../../../../automation/project.ts";
import { rotate } from "../../../../automation/rotation/rotate.ts";
import type { Rotation } from "../../../../automation/rotation/steps.ts";
import { findPulumi } from "../../../../tools/setup/pulumi.ts";
import { program } from "./lab.ts";

const [root = "", stack = "", what = ""] = process.argv.slice(2);
const engine = await findPulumi();
if (engine === undefined) throw new Error("the Pulumi CLI is missing");
await rotate({
  project: openProject(root),
  stack,
  what: what as Rotation,
  engine,
  program,
  clientsReady: true,
  onStep: (number) => process.stdout.write(`step ${number}\n`),
});
