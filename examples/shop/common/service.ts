import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { echo } from "./echo.ts";
import { createImpostor, type Impostor } from "./impostor.ts";
import { allowedCaller, isGateway, serverOptions, type TlsFiles } from "./mutual-tls.ts";

/** A request of the gateway, or of another service. */
export interface Call {
  readonly method: string;
  /** Path without query; segments are still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The name by which the caller is allowed: the gateway's, or another service's. */
  readonly caller: string;
  /** The subject of the client's token, checked by the gateway; undefined where the route asks for none, and from other services. */
  readonly subject: string | undefined;
  /** The consumer whose API key the client has, checked by the gateway. */
  readonly consumer: string | undefined;
  header(name: string): string | undefined;
  /** The body as JSON. @throws Problem 400 or 413. */
  json(): Promise<unknown>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** An error the client is to see, as RFC 9457 problem details. */
export class Problem extends Error {
  readonly status: number;
  constructor(status: number, title: string) {
    super(title);
    this.status = status;
  }
}

export interface ServiceOptions {
  readonly name: string;
  readonly files: TlsFiles;
  readonly answer: (call: Call) => Promise<Reply> | Reply;
  /** Answer below /echo what was received; for tests only. @default false */
  readonly echo?: boolean;
}

const LARGEST_BODY = 256 * 1024;

/** An HTTPS server that answers nobody but its allowed callers. */
export function createService(options: ServiceOptions): Server {
  const { name, files } = options;
  const received = new Map<string, number>();
  let impostor: Impostor | undefined;
  const server = createServer(serverOptions(files), async (request, response) => {
    const started = performance.now();
    const requestId = single(request, "x-request-id") ?? randomUUID();
    let reply: Reply;
    try {
      const caller = allowedCaller(request.socket as TLSSocket, files.allowedCallers);
      // Identity headers mean something only from the gateway; whoever else holds a certificate of the same authority gets no further.
      if (caller === undefined) throw new Problem(403, "This caller is not allowed");
      const path = pathOf(request);
      received.set(path, (received.get(path) ?? 0) + 1);
      if (options.echo && /^\/echo(\/|$)/.test(path)) {
        await echo({ service: name, received, impostor }, request, response);
        return;
      }
      reply = await options.answer(callOf(request, caller));
    } catch (error) {
      reply = problemReply(error, requestId);
    }
    send(response, reply, requestId);
    log({ service: name, requestId, method: request.method, path: pathOf(request), status: reply.status, ms: performance.now() - started });
  });
  if (options.echo) impostor = createImpostor(server, files);
  return server;
}

/** Listens on `PORT` of the loopback interface, ends on SIGTERM after open requests are answered. */
export function run(server: Server, port: number): void {
  server.listen(port, "127.0.0.1");
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    });
  }
}

/**
 * On SIGHUP, which the gateway sends when a certificate was renewed: connections there go on, new ones get what `renew` has put in place. Should that
 * fail, the service goes on with what it has.
 */
export function renewOnHangup(name: string, renew: () => void): void {
  process.on("SIGHUP", () => {
    try {
      renew();
      log({ service: name, state: "certificates read again" });
    } catch (error) {
      log({ service: name, error: error instanceof Error ? error.stack : String(error) });
    }
  });
}

export function portFromEnvironment(env: NodeJS.ProcessEnv = process.env): number {
  const port = Number(env.PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error("PORT is not set; the gateway sets it for its services");
  return port;
}

function callOf(request: IncomingMessage, caller: string): Call {
  const url = new URL(request.url ?? "/", "https://service.invalid");
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    caller,
    subject: isGateway(caller) ? single(request, "x-gateway-subject") : undefined,
    consumer: isGateway(caller) ? single(request, "x-gateway-consumer") : undefined,
    header: (name) => single(request, name),
    json: () => readJson(request),
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

function single(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new Problem(413, "The body is too large");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Problem(400, "The body is not JSON");
  }
}

function problemReply(error: unknown, requestId: string): Reply {
  const status = error instanceof Problem ? error.status : 500;
  const title = error instanceof Problem ? error.message : "The request could not be answered";
  // What went wrong inside stays inside: in the log, never in the answer.
  if (!(error instanceof Problem)) log({ requestId, error: error instanceof Error ? error.stack : String(error) });
  return { status, headers: { "content-type": "application/problem+json" }, body: { type: "about:blank", title, status, requestId } };
}

function send(response: ServerResponse, reply: Reply, requestId: string): void {
  const text = reply.body === undefined ? undefined : `${JSON.stringify(reply.body)}\n`;
  response.writeHead(reply.status, {
    ...(text === undefined ? {} : { "content-type": "application/json" }),
    "cache-control": "no-store",
    "x-request-id": requestId,
    ...reply.headers,
  });
  response.end(text);
}

export function log(entry: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}
