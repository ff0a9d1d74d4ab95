/** One thing that was done to the simulated cloud. Values of resources are left out: they may be secret. */
export interface JournalEntry {
  readonly operation: "create" | "update" | "delete" | "read" | "invoke";
  readonly type: string;
  /** Name the program gave the resource; of a function, empty. */
  readonly name: string;
  readonly urn: string;
  readonly id: string;
  /** Milliseconds since the epoch on this machine's clock, with fractions. */
  readonly start: number;
  readonly end: number;
  /** What the cloud answered when it refused. */
  readonly error?: string;
}

/** True when two operations were under way at the same moment. */
export const overlap = (left: JournalEntry, right: JournalEntry): boolean => left.start < right.end && right.start < left.end;

/** Writes in the order in which they began, each as `create type name`. */
export function writes(journal: readonly JournalEntry[]): string[] {
  return journal
    .filter(({ operation }) => operation !== "read" && operation !== "invoke")
    .sort((left, right) => left.start - right.start)
    .map(({ operation, type, name, error }) => `${operation} ${type} ${name}${error === undefined ? "" : ` ! ${error}`}`);
}
