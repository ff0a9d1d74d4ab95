import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OperationQueue } from "../jobs/queue.ts";
import { openDatabase } from "../store/database.ts";
import { databaseFailure } from "../store/failures.ts";
import type { PortalOptions } from "./options.ts";
import { type Engine, Portal } from "./portal.ts";
import { programVersion } from "./program-version.ts";
import { adoptStacks } from "./stacks.ts";
import { Wakeups } from "./tail.ts";

export type { PatienceOptions, PortalOptions } from "./options.ts";
export { Portal } from "./portal.ts";

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
  const context = { options, database, operationsFolder, program: programVersion(options.project.root) };
  const queue = new OperationQueue(database, () => {});
  try {
    await queue.start();
    if (options.adoptStacks ?? true) await adoptStacks(context);
  } catch (error) {
    await queue.stop().catch(() => {});
    await database.close().catch(() => {});
    throw databaseFailure(error);
  }
  const wakeups = new Wakeups();
  const engine: Engine = {
    wakeups,
    add: (sql, stack, operation) => queue.add(sql, stack, operation),
    changed: (operation) => wakeups.wake(operation),
    close: () => queue.stop(),
  };
  return new Portal(context, engine);
}
