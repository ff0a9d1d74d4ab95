import { copyFileSync, type Dirent, readdirSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { LAYOUT } from "../host/layout.ts";

/** A log is put aside when it is this long, or when a day (UTC) is over. */
const ROTATE_BYTES = 64 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Days that logs of Envoy, the agent and the services are kept when no access logs are asked for. */
const OWN_LOG_DAYS = 7;

/** Logs that programs hold open by descriptor: they are emptied, not renamed. */
type HeldOpen = (name: string) => boolean;

/**
 * Puts logs aside and removes old ones. Envoy's access logs are renamed, and `reopen` makes Envoy go on in new files.
 *
 * @param retentionDays days access logs are kept; 0 when none are written
 * @param now milliseconds since 1970
 */
export function rotateLogs(directory: string, retentionDays: number, reopen: () => void, heldOpen: HeldOpen, now = Date.now()): void {
  const folder = join(directory, LAYOUT.logs);
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry: Dirent) => entry.isFile());
  let renamed = false;
  for (const { name } of files.filter((file) => file.name.endsWith(".log"))) {
    const file = join(folder, name);
    const { size, birthtimeMs, mtimeMs } = statSync(file);
    const dayIsOver = size > 0 && dayOf(birthtimeMs || mtimeMs) < dayOf(now) && !asideToday(files, name, now);
    if (size < ROTATE_BYTES && !dayIsOver) continue;
    const aside = join(folder, `${name}.${stamp(now)}`);
    if (heldOpen(name)) {
      copyFileSync(file, aside);
      truncateSync(file);
    } else {
      renameSync(file, aside);
      renamed = true;
    }
  }
  if (renamed) reopen();
  const oldest = now - (retentionDays || OWN_LOG_DAYS) * DAY_MS;
  for (const { name } of files) {
    const written = asideAt(name);
    if (written !== undefined && written < oldest) rmSync(join(folder, name), { force: true });
  }
}

const dayOf = (milliseconds: number) => Math.floor(milliseconds / DAY_MS);

/** `20260131T235959Z`, as put-aside logs end. */
const stamp = (now: number) => new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");

/** When a log was put aside; undefined for one that is written to. */
function asideAt(name: string): number | undefined {
  const match = /\.log\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year as number, (month as number) - 1, day, hour, minute, second);
}

/** A log that is emptied keeps its date of birth: it is put aside at most once a day on account of its age. */
const asideToday = (files: readonly Dirent[], name: string, now: number) =>
  files.some((file) => file.name.startsWith(`${name}.`) && dayOf(asideAt(file.name) ?? 0) === dayOf(now));
