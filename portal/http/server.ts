import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
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

/** The portal cannot listen with what it was given. */
export class ListenError extends Error {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.name = "ListenError";
    this.remedy = remedy;
  }
}

/** @param port 0 for any that is free @throws ListenError */
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
    server.once("error", (error: NodeJS.ErrnoException) => reject(reasonOf(error, host, port)));
    server.listen(port, host, resolve);
  });
  return { address: server.address() as AddressInfo, close: () => close(server) };
}

function pemFiles({ certificate, key }: TlsFiles) {
  const read = (option: string, file: string) => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new ListenError(`${option} ${file}: ${(error as Error).message}`, "name a PEM file that the portal may read");
    }
  };
  const files = { cert: read("--tls-certificate", certificate), key: read("--tls-key", key) };
  try {
    createSecureContext(files);
  } catch (error) {
    throw new ListenError(
      `--tls-certificate and --tls-key do not make a TLS server: ${(error as Error).message}`,
      "give a certificate chain and its own key",
    );
  }
  return files;
}

function reasonOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): ListenError {
  if (code === "EADDRINUSE")
    return new ListenError(`Port ${port} on ${host} is in use`, "choose another with --port, or 0 for any that is free");
  if (code === "EACCES") return new ListenError(`This user may not listen on port ${port}`, "choose one from 1024 on with --port");
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new ListenError(`This machine has no address ${host}`, "choose another with --host");
  return new ListenError(`The portal cannot listen on ${host} port ${port}: ${message}`, "choose others with --host and --port");
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
