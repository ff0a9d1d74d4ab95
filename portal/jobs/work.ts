import type { OperationEvent } from "../../automation/events.ts";
import type { RotationRecord } from "../../automation/rotation/record.ts";
import type { JournalWriter } from "./journal.ts";
import type { JournalLine } from "./request.ts";

/** What an operation tells, in order: held back until the stack's secrets are known, then written as it comes. */
export class Work {
  readonly #journal: JournalWriter;
  readonly #ready: Promise<void>;
  #held: JournalLine[] | undefined = [];

  constructor(journal: JournalWriter, secrets: Promise<void>) {
    this.#journal = journal;
    this.#ready = secrets.then(() => {
      for (const line of this.#held ?? []) journal.write(line);
      this.#held = undefined;
    });
    this.#ready.catch(() => {});
  }

  event(event: OperationEvent | { readonly type: "verify"; readonly probe: unknown }): void {
    if (!("type" in event) && event.kind === "message" && event.severity === "debug") return;
    this.#write({ at: new Date().toISOString(), event });
  }

  /** A word of our own, which holds no secret and waits for nothing. */
  begin(message: string): void {
    this.#journal.write({ at: new Date().toISOString(), event: { kind: "note", message } });
  }

  /** An engine was started. Holds no secret, and must be known should we be killed. */
  engine(pid: number): void {
    this.#journal.write({ at: new Date().toISOString(), engine: pid });
  }

  /** A rotation has come a step further. Holds no secret in the open. */
  rotation(stackFile: string, rotation: RotationRecord | undefined): void {
    this.#journal.write({ at: new Date().toISOString(), stackFile, rotation: rotation ?? null });
  }

  /** Resolves when everything told so far is written. @throws when the secrets could not be found out: then nothing was */
  flush(): Promise<void> {
    return this.#ready;
  }

  #write(line: JournalLine): void {
    if (this.#held === undefined) this.#journal.write(line);
    else this.#held.push(line);
  }
}
