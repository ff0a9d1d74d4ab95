import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { PortalEnv } from "./environment.ts";

/** Files with a certificate chain and its key, in PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What answers requests. */
export interface Handler {
  fetch(request: Request, environment: PortalEnv["Bindings"]): Response | Promise<Response>;
}

/** How long requests that are being answered may take when the portal stops. */
const GRACE_MS = 10_000;

/** A listening portal. */
export interface Listener {
  readonly address: AddressInfo;
  /** Takes no more connections, lets answers end, and closes. */
  close(): Promise<void>;
}

/** @param port 0 for any that is free @throws Error with one sentence when it cannot listen */
export async function listen(app: Handler, host: string, port: number, tls?: TlsFiles): Promise<Listener> {
  const fetch = (request: Request, environment: unknown) => app.fetch(request, environment as PortalEnv["Bindings"]);
  // Slow senders hold nothing for long; event streams are answers, which may take as long as they like.
  const limits = { requestTimeout: 60_000, headersTimeout: 20_000, maxHeaderSize: 32 * 1024 };
  const server = (
    tls === undefined
      ? createAdaptorServer({ fetch, createServer: createHttpServer, serverOptions: limits })
      : createAdaptorServer({
          fetch,
          createServer: createHttpsServer,
          serverOptions: { ...limits, ...pemFiles(tls), minVersion: "TLSv1.2" },
        })
  ) as Server;
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(new Error(reasonOf(error, host, port))));
    server.listen(port, host, resolve);
  });
  return { address: server.address() as AddressInfo, close: () => close(server) };
}

function pemFiles({ certificate, key }: TlsFiles) {
  const read = (what: string, file: string) => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new Error(`The portal's ${what} ${file} cannot be read: ${(error as Error).message}`);
    }
  };
  return { cert: read("certificate", certificate), key: read("key", key) };
}

function reasonOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === "EADDRINUSE") return `Port ${port} on ${host} is in use: choose another with --port, or 0 for any that is free`;
  if (code === "EACCES") return `This user may not listen on port ${port}: choose one from 1024 on with --port`;
  if (code === "EADDRNOTAVAIL") return `This machine has no address ${host}: choose another with --host`;
  return `The portal cannot listen on ${host} port ${port}: ${message}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose answer has just ended is idle from then on, and would otherwise be waited for.
  const sweeping = setInterval(() => server.closeIdleConnections(), 50);
  const impatience = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearInterval(sweeping);
  clearTimeout(impatience);
}
