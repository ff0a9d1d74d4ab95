import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Who is asked, over TLS at 127.0.0.1. */
export interface LoadTarget {
  readonly port: number;
  /** Asked for in turn. */
  readonly paths: readonly string[];
}

export interface LoadOptions<Name extends string> {
  /** The load generator. */
  readonly vegeta: string;
  /** Asked in turn, request by request, so that a busy moment of the machine falls on all of them alike. */
  readonly targets: Readonly<Record<Name, LoadTarget>>;
  /** Name asked for; the connection goes to 127.0.0.1. */
  readonly host: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
  /** Requests a second to each target. */
  readonly perSecond: number;
  /** Of which requests are counted in `latencies`. */
  readonly seconds: number;
  /** Seconds of the same load before, over the same connections: the handshakes are in it. @default 0 */
  readonly warmSeconds?: number;
}

/** What became of the requests to one target. */
export interface LoadResult {
  /** All of them, those of the warm seconds too. */
  readonly requests: number;
  /** Answers other than 200, and requests without an answer. */
  readonly failed: number;
  /** Answers by status; 0 is none. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds, in no order. */
  readonly latencies: readonly number[];
}

/** Sends requests at a fixed rate, whatever becomes of those before (open loop), over HTTP/1.1 connections that are kept. */
export async function runLoad<Name extends string>(options: LoadOptions<Name>): Promise<Record<Name, LoadResult>> {
  const { vegeta, targets, host, ca, token, perSecond, seconds, warmSeconds = 0 } = options;
  const asked = Object.values<LoadTarget>(targets);
  const folder = mkdtempSync(join(tmpdir(), "gateway-load-"));
  try {
    const file = (name: string) => join(folder, name);
    writeFileSync(file("ca.pem"), ca);
    const longest = Math.max(...asked.map(({ paths }) => paths.length));
    const urls = Array.from({ length: longest }, (_, turn) =>
      asked.map(({ port, paths }) => `GET https://${host}:${port}${paths[turn % paths.length]}\n\n`).join(""),
    );
    writeFileSync(file("targets"), urls.join(""));
    const rate = ["-rate", `${perSecond * asked.length}/1s`, "-duration", `${warmSeconds + seconds}s`, "-max-body", "0"];
    const attack = ["-targets", file("targets"), "-output", file("results"), ...rate];
    const addresses = asked.flatMap(({ port }) => ["-connect-to", `${host}:${port}:127.0.0.1:${port}`]);
    const connection = ["-root-certs", file("ca.pem"), ...addresses, "-http2=false"];
    await run(vegeta, ["attack", ...attack, ...connection, "-header", `Authorization: Bearer ${token}`, "-header", `Host: ${host}`]);
    const requests = requestsOf(await run(vegeta, ["encode", "-to", "csv", file("results")]));
    const counted = Math.min(...requests.map(({ sent }) => sent)) + warmSeconds * 1000;
    return Object.fromEntries(
      Object.entries<LoadTarget>(targets).map(([name, { port }]) => [
        name,
        resultOf(
          requests.filter((request) => request.port === port),
          counted,
        ),
      ]),
    ) as Record<Name, LoadResult>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Request {
  /** Milliseconds since 1970. */
  readonly sent: number;
  readonly status: string;
  readonly ms: number;
  readonly port: number;
}

/** @param csv A line for each request: when it was sent (ns), status, how long it took (ns), …, and its URL as the eleventh */
const requestsOf = (csv: string): Request[] =>
  csv
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [sent, status = "0", latency] = line.split(",", 3);
      const [, port] = /,GET,https:\/\/[^/:,]+:(\d+)\//.exec(line) ?? [];
      return { sent: Number(sent) / 1e6, status, ms: Number(latency) / 1e6, port: Number(port) };
    });

function resultOf(requests: readonly Request[], countedFrom: number): LoadResult {
  const statuses: Record<string, number> = {};
  for (const { status } of requests) statuses[status] = (statuses[status] ?? 0) + 1;
  return {
    requests: requests.length,
    failed: requests.length - (statuses["200"] ?? 0),
    statuses,
    latencies: requests.filter(({ sent }) => sent >= countedFrom).map(({ ms }) => ms),
  };
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`${command} ${args[0]} ended with ${code}`))));
  });
}
