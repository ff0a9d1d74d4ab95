import { setTimeout as sleep } from "node:timers/promises";
import { ResourceError } from "../resources/kind.ts";
import type { Standpoint } from "./acceptance.ts";
import { logSince } from "./envoy-log.ts";
import { type Inspection, inspect, stateText } from "./inspect.ts";
import { reasonOf } from "./reason.ts";

const POLL_MS = 25;
const READY_MS = 60_000;
/** How long an ACME authority may take while it is being asked. */
const ISSUE_MS = 10 * 60_000;
/** Ends of a service in a row after which waiting longer is of no use. */
const HOPELESS_ENDS = 3;
/** How long something that Envoy has refused may still be put right by what it reads next. */
const REFUSED_MS = 1000;

/** Waits until everything is as described. @throws ResourceError saying what is not */
export async function untilReady(directory: string, from: Pick<Standpoint, "log">, signal: AbortSignal): Promise<Inspection> {
  const begun = Date.now();
  const earlierEnds = endsOf(await inspect(directory));
  for (;;) {
    signal.throwIfAborted();
    const found = await inspect(directory);
    if (found !== undefined && found.problems.length === 0) return found;
    const waited = Date.now() - begun;
    const hopeless =
      hopelessService(found, earlierEnds) ?? notIssued(found) ?? (waited > REFUSED_MS ? refused(directory, found, from) : undefined);
    if (hopeless !== undefined) throw new ResourceError(hopeless);
    if (waited > (found?.agent?.acme?.busy ? ISSUE_MS : READY_MS))
      throw new ResourceError(
        `The gateway is not ready after ${READY_MS / 1000} s: ${stateText(found?.problems ?? ["its folder is gone"])}`,
      );
    await sleep(POLL_MS);
  }
}

const endsOf = (found: Inspection | undefined): ReadonlyMap<string, number> =>
  new Map(Object.entries(found?.agent?.services ?? {}).map(([name, { ends }]) => [name, ends]));

function hopelessService(found: Inspection | undefined, earlierEnds: ReadonlyMap<string, number>): string | undefined {
  const failing = [...endsOf(found)]
    .map(([name, ends]) => ({ name, ends: ends - (earlierEnds.get(name) ?? 0) }))
    .find(({ ends }) => ends >= HOPELESS_ENDS);
  if (failing === undefined) return undefined;
  const { name, ends } = failing;
  const problem = found?.agent?.services[name]?.problem;
  return `Service ${name} has ended ${ends} times in a row${problem === undefined ? "" : ` (${problem})`}; its log is logs/${name}.log in the gateway's folder`;
}

/** An ACME authority that has said no: the agent asks again, but not soon enough to wait for it. */
function notIssued(found: Inspection | undefined): string | undefined {
  const { acme } = found?.description ?? {};
  const status = found?.agent?.acme;
  if (acme === undefined || status === undefined || status.busy || status.problem === undefined) return undefined;
  if (status.notAfter !== undefined && status.issue === acme.issue) return undefined;
  return `${acme.directoryUrl} has issued no certificate for ${acme.names.join(", ")}: ${status.problem}`;
}

/** A listener or a file that Envoy does not use although it has read everything: its log says why. */
function refused(directory: string, found: Inspection | undefined, from: Pick<Standpoint, "log">): string | undefined {
  if (found === undefined || !found.problems.some((problem) => /^Envoy does not use|does not accept connections$/.test(problem)))
    return undefined;
  const lines = logSince(directory, from.log)
    .split("\n")
    .filter((line) => /config update (rejected|failure)|config rejected|cannot bind/.test(line));
  const reason = reasonOf(lines, found.files.values());
  return reason === undefined ? undefined : `Envoy refuses this configuration: ${reason}`;
}
