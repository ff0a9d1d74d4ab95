import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { ECHO_TYPE, type Echo } from "../../../verify/echo.ts";
import type { Impostor } from "./impostor.ts";
import { subjectAltNames } from "./mutual-tls.ts";

export interface EchoContext {
  readonly service: string;
  /** Requests so far by path. */
  readonly received: ReadonlyMap<string, number>;
  readonly impostor: Impostor | undefined;
}

/** Requests by nonce; the oldest nonces are forgotten. */
const attempts = new Map<string, number>();
const MOST_NONCES = 10_000;

/**
 * Repeats the request, so that `gateway verify` can see what a backend receives. Only with ECHO=1, which only the local stack sets: an answer that
 * repeats identities and tokens has no place in production.
 */
export async function echo(
  { service, received, impostor }: EchoContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A body that is cut off on the way was not received.
  for await (const _ of request);
  const directives = directivesOf(request);
  const nonce = directives.get("nonce")?.[0] ?? "";
  const attempt = (attempts.get(nonce) ?? 0) + 1;
  if (nonce !== "") remember(nonce, attempt);
  const [delay] = directives.get("delay") ?? [];
  if (delay !== undefined) await sleep(Math.min(Number(delay) || 0, 60_000));
  const [status, times] = directives.get("fail") ?? [];
  const failing = status !== undefined && attempt <= Number(times);
  const socket = request.socket as TLSSocket;
  const answer: Echo = {
    service,
    method: request.method ?? "",
    target: request.url ?? "",
    headers: pairs(request.rawHeaders),
    tls: {
      serverName: typeof socket.servername === "string" ? socket.servername : null,
      clientNames: socket.authorized ? subjectAltNames(socket.getPeerCertificate()) : null,
    },
    attempt,
    received: Object.fromEntries(received),
    abilities: ["delay", "fail", "nonce", ...(impostor?.kinds ?? []).map((kind) => `certificate:${kind}` as const)],
  };
  response.writeHead(failing ? Number(status) : 200, { "content-type": ECHO_TYPE, "cache-control": "no-store" });
  const kind = impostor?.kinds.find((known) => known === directives.get("certificate")?.[0]);
  response.end(JSON.stringify(answer), () => {
    if (kind !== undefined) impostor?.show(kind);
  });
}

function remember(nonce: string, attempt: number): void {
  attempts.set(nonce, attempt);
  const [oldest] = attempts.keys();
  if (attempts.size > MOST_NONCES && oldest !== undefined) attempts.delete(oldest);
}

/** `?gateway-echo=delay:500,nonce:abc` → delay: ["500"], nonce: ["abc"]. */
export function directivesOf(request: IncomingMessage): Map<string, string[]> {
  const text = new URL(request.url ?? "/", "https://service.invalid").searchParams.get("gateway-echo") ?? "";
  const parts = text.split(",").filter((part) => part !== "");
  return new Map(
    parts.map((part) => {
      const [name = "", ...values] = part.split(":");
      return [name, values];
    }),
  );
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ""]] : []));
}
