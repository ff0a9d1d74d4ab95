import type { X509Certificate } from "node:crypto";
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { TestKeyPair } from "./certificates.ts";

/** What a backend of a test saw. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** The host it was asked for. */
  readonly authority: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bodyBytes: number;
  readonly httpVersion: string;
  /** Subject of the certificate the gateway showed; undefined without one. */
  readonly clientSubject: string | undefined;
}

export type Handler = (request: SeenRequest, response: Http2ServerResponse) => void | Promise<void>;

export interface BackendOptions {
  readonly certificate: TestKeyPair;
  /** Ask for a client certificate of this authority, and refuse connections without. */
  readonly clientAuthority?: string;
  /** HTTP/2 only, as gRPC servers are. */
  readonly http2Only?: boolean;
  /** @default answers 200 with the request as JSON */
  readonly handler?: Handler;
  /** @default an address the operating system picks, on 127.0.0.1 */
  readonly port?: number;
}

/** A TLS backend in this process that tells what it was asked. */
export class TestBackend {
  readonly port: number;
  readonly seen: SeenRequest[] = [];
  handler: Handler;
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Http2SecureServer, handler: Handler) {
    this.#server = server;
    this.handler = handler;
    this.port = (server.address() as { port: number }).port;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request, response) => void this.#answer(request, response));
    server.on("sessionError", () => {});
  }

  static start(options: BackendOptions): Promise<TestBackend> {
    const server = createSecureServer({
      key: options.certificate.privateKey,
      cert: options.certificate.chain,
      allowHTTP1: !options.http2Only,
      ...(options.clientAuthority === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: options.clientAuthority }),
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port ?? 0, "127.0.0.1", () => resolve(new TestBackend(server, options.handler ?? echo)));
    });
  }

  get last(): SeenRequest {
    const last = this.seen.at(-1);
    if (last === undefined) throw new Error("the backend has seen no request");
    return last;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    try {
      let bodyBytes = 0;
      for await (const chunk of request) bodyBytes += (chunk as Buffer).length;
      const seen = describe(request, bodyBytes);
      this.seen.push(seen);
      await this.handler(seen, response);
    } catch {
      // The gateway ended the request; what it told the client is what the test looks at.
      response.stream?.destroy?.();
    }
  }
}

/** Answers with what it was asked. */
export const echo: Handler = (request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(request));
};

function describe(request: Http2ServerRequest, bodyBytes: number): SeenRequest {
  const socket = (request.stream?.session?.socket ?? request.socket) as TLSSocket;
  const certificate = socket.getPeerX509Certificate?.() as X509Certificate | undefined;
  return {
    method: request.method,
    path: request.url,
    authority: request.authority ?? request.headers.host ?? "",
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(":"))),
    bodyBytes,
    httpVersion: request.httpVersion,
    clientSubject: certificate?.subject,
  };
}
