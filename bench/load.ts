import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./measure.ts";

export interface LoadOptions {
  readonly port: number;
  /** Name asked for; the connection goes to 127.0.0.1. */
  readonly host: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  /** Seconds of the same load before, which are not counted: connections are opened and code is compiled in them. */
  readonly warmSeconds: number;
}

export interface LoadResult {
  readonly answered: number;
  /** Answers other than 200, and requests without an answer. */
  readonly failed: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds from when a request was due to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * Sends requests at a fixed rate, whatever becomes of those before (open loop), over connections that are kept. Latency counts from the moment a
 * request was due, so that a gateway that stalls cannot hide it.
 */
export async function runLoad({ port, host, ca, token, paths, perSecond, seconds, warmSeconds }: LoadOptions): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, maxCachedSessions: 0 });
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const send = (path: string, due: number, counts: boolean) =>
    new Promise<void>((resolve) => {
      const count = (status: number | string) => {
        if (counts) {
          statuses[status] = (statuses[status] ?? 0) + 1;
          latencies.push(performance.now() - due);
        }
        resolve();
      };
      const headers = { host, authorization: `Bearer ${token}` };
      const asked = request({ host: "127.0.0.1", port, path, headers, agent, ca, servername: host }, (response) => {
        response
          .resume()
          .once("end", () => count(response.statusCode ?? 0))
          .once("error", (error) => count(error.message));
      });
      asked.once("error", (error) => count(error.message)).end();
    });

  const began = performance.now();
  const warm = perSecond * warmSeconds;
  const total = warm + perSecond * seconds;
  const pending: Promise<void>[] = [];
  while (pending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) * perSecond) / 1000) + 1);
    while (pending.length < due) {
      const number = pending.length;
      pending.push(send(paths[number % paths.length] as string, began + (number * 1000) / perSecond, number >= warm));
    }
    await sleep(1);
  }
  await Promise.all(pending);
  agent.destroy();
  return {
    answered: latencies.length,
    failed: latencies.length - (statuses["200"] ?? 0),
    statuses,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}
