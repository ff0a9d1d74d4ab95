import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface LoadOptions {
  /** The load generator. */
  readonly vegeta: string;
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
}

export interface LoadResult {
  readonly answered: number;
  /** Answers other than 200, and requests without an answer. */
  readonly failed: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** What `vegeta report -type=json` tells; latencies are nanoseconds. */
interface Report {
  readonly requests: number;
  readonly latencies: { readonly "50th": number; readonly "99th": number };
  readonly status_codes: Readonly<Record<string, number>>;
}

/** Sends requests at a fixed rate, whatever becomes of those before (open loop), over HTTP/1.1 connections that are kept. */
export async function runLoad({ vegeta, port, host, ca, token, paths, perSecond, seconds }: LoadOptions): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "gateway-load-"));
  try {
    const file = (name: string) => join(folder, name);
    writeFileSync(file("ca.pem"), ca);
    writeFileSync(file("targets"), paths.map((path) => `GET https://${host}:${port}${path}\n\n`).join(""));
    const attack = ["-targets", file("targets"), "-rate", `${perSecond}/1s`, "-duration", `${seconds}s`, "-output", file("results")];
    const connection = ["-root-certs", file("ca.pem"), "-connect-to", `${host}:${port}:127.0.0.1:${port}`, "-http2=false"];
    await run(vegeta, ["attack", ...attack, ...connection, "-header", `Authorization: Bearer ${token}`, "-header", `Host: ${host}`]);
    const { requests, latencies, status_codes } = JSON.parse(await run(vegeta, ["report", "-type", "json", file("results")])) as Report;
    return {
      answered: requests,
      failed: requests - (status_codes["200"] ?? 0),
      statuses: status_codes,
      p50: latencies["50th"] / 1e6,
      p99: latencies["99th"] / 1e6,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
