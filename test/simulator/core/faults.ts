/** Something that is to go wrong in the simulated cloud. */
export interface Fault {
  readonly operation: "create" | "update" | "delete" | "read";
  readonly type: string;
  /** Strikes only the resource the program gave this name. @default any */
  readonly name?: string;
  /** Which matching operation from now on is struck, from 1. @default 1 */
  readonly nth?: number;
  /** How many in a row. @default 1 */
  readonly times?: number;
  /** What the cloud answers. */
  readonly message: string;
  /**
   * - `refused`: nothing happens, the cloud says no;
   * - `lost`: the cloud does it, but the answer never arrives;
   * - `unready`: the resource exists, but does not become ready (the engine keeps it and finishes it next time).
   * @default "refused"
   */
  readonly kind?: "refused" | "lost" | "unready";
}

/** Counts an operation against the faults that wait: the one that strikes, and what waits afterwards. */
export function takeFault(
  waiting: readonly Fault[],
  operation: string,
  type: string,
  name: string,
): { fault: Fault | undefined; rest: readonly Fault[] } {
  let struck: Fault | undefined;
  const rest = waiting.flatMap((fault) => {
    const matches = fault.operation === operation && fault.type === type && (fault.name === undefined || fault.name === name);
    if (!matches || struck) return [fault];
    const nth = fault.nth ?? 1;
    if (nth > 1) return [{ ...fault, nth: nth - 1 }];
    struck = fault;
    const times = (fault.times ?? 1) - 1;
    return times > 0 ? [{ ...fault, times }] : [];
  });
  return { fault: struck, rest };
}
