import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Jobs } from "../jobs/index.ts";
import { openDatabase } from "../store/database.ts";
import { databaseFailure } from "../store/failures.ts";
import type { PortalOptions } from "./options.ts";
import { Portal } from "./portal.ts";
import { programVersion } from "./program-version.ts";
import { adoptStacks } from "./stacks.ts";
import { Wakeups } from "./tail.ts";
import { Turns } from "./turns.ts";

export type { PatienceOptions, PortalOptions } from "./options.ts";
export { Portal } from "./portal.ts";

/** Engines that read a state for a request at the same time. Each takes a core and 100 MB. */
const READERS = 2 * availableParallelism();

/** Opens the portal: its database, its queue, and the operations another portal has left. @throws Refusal `unavailable` or `locked` */
export async function openPortalService(options: PortalOptions): Promise<Portal> {
  const folder = options.dataFolder ?? join(options.project.privateFolder, "portal");
  const operationsFolder = join(folder, "operations");
  try {
    mkdirSync(operationsFolder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw databaseFailure(error);
  }
  const database = await openDatabase({ folder, ...(options.databaseUrl === undefined ? {} : { url: options.databaseUrl }) });
  const program = programVersion(options.project.root, options.programModule);
  const context = { options, database, operationsFolder, program, readers: new Turns(READERS), planners: new Turns(1) };
  const wakeups = new Wakeups();
  const jobs = new Jobs(context, wakeups, options.log ?? (() => {}));
  try {
    if (options.adoptStacks ?? true) await adoptStacks(context);
    await jobs.start();
  } catch (error) {
    await jobs.close().catch(() => {});
    await database.close().catch(() => {});
    throw databaseFailure(error);
  }
  return new Portal(context, jobs, wakeups);
}
