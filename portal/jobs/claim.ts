import { randomUUID } from "node:crypto";
import { linkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILES } from "./request.ts";

/** Who runs an attempt; process 0 when nobody ever will. */
export interface Identity {
  readonly host: string;
  readonly pid: number;
  readonly started?: string;
}

/**
 * Writes into an attempt's folder who runs it, whole or not at all. Of several, the first wins.
 *
 * @returns false when somebody was first
 * @throws the system's error when it cannot be written
 */
export function claim(folder: string, identity: Identity): boolean {
  const draft = join(folder, `.${FILES.runner}-${randomUUID()}`);
  try {
    writeFileSync(draft, JSON.stringify(identity), { mode: 0o600 });
    linkSync(draft, join(folder, FILES.runner));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
