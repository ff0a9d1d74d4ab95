import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { ECHO_TYPE, type Echo } from "../../../verify/echo.ts";
import { subjectAltNames } from "./mutual-tls.ts";

const attempts = new Map<string, number>();

/**
 * Repeats the request, so that `gateway verify` can see what a backend receives. Only with ECHO=1, which only the local stack sets: an answer that
 * repeats identities and tokens has no place in production.
 */
export async function echo(
  service: string,
  request: IncomingMessage,
  response: ServerResponse,
  received: ReadonlyMap<string, number>,
): Promise<void> {
  const directives = directivesOf(request);
  const nonce = directives.get("nonce")?.[0] ?? "";
  const attempt = (attempts.get(nonce) ?? 0) + 1;
  if (nonce !== "") attempts.set(nonce, attempt);
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
    abilities: ["delay", "fail", "nonce"],
  };
  response.writeHead(failing ? Number(status) : 200, { "content-type": ECHO_TYPE, "cache-control": "no-store" });
  response.end(JSON.stringify(answer));
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
