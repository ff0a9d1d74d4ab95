import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { tryLock } from "../../tools/setup/lock.mjs";
import { cacheFolder } from "../../tools/setup/packages.mjs";
import { Refusal } from "../service.ts";
import { databaseFailure } from "./failures.ts";

/** Makes an empty database. Its folder appears whole or not at all. The first one on a machine is kept as a pattern: making one takes seconds. */
export async function createFiles(files: string): Promise<void> {
  const draft = `${files}.new`;
  rmSync(draft, { recursive: true, force: true });
  const pattern = join(cacheFolder(), `portal-database-${versionOfPglite()}.tar.gz`);
  const made = existsSync(pattern)
    ? await PGlite.create({ dataDir: draft, loadDataDir: new Blob([readFileSync(pattern)]) })
    : await PGlite.create(draft);
  if (!existsSync(pattern)) await keepPattern(made, pattern);
  await made.close();
  renameSync(draft, files);
}

/** A machine whose cache cannot be written does without. */
async function keepPattern(made: PGlite, pattern: string): Promise<void> {
  const draft = `${pattern}.${process.pid}`;
  try {
    const dump = await made.dumpDataDir("gzip");
    mkdirSync(dirname(pattern), { recursive: true });
    writeFileSync(draft, Buffer.from(await dump.arrayBuffer()));
    renameSync(draft, pattern);
  } catch {
    rmSync(draft, { force: true });
  }
}

function versionOfPglite(): string {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const { version } = JSON.parse(readFileSync(join(dirname(entry), "..", "package.json"), "utf8")) as { version: string };
  return version;
}

/** Keeps the folder for this process. @throws Refusal `locked` */
export function lockFolder(folder: string): { release(): void } {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const taken = tryLock(join(folder, "lock"), "gateway portal");
    if (!("owner" in taken)) return taken;
    const { pid, host } = taken.owner;
    throw new Refusal(
      "locked",
      `The portal's database in ${folder} is in use by process ${pid} on ${host}`,
      "stop that portal, or set DATABASE_URL so that several can share one server",
    );
  } catch (error) {
    throw databaseFailure(error);
  }
}
