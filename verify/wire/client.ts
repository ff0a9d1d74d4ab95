import type { Answer } from "./answer.ts";
import { connectTls, type Endpoint, type KeyPair } from "./connect.ts";
import { WireError } from "./errors.ts";
import { Http1Connection } from "./http1.ts";

/** A request as it goes over the wire; nothing is checked or repaired. */
export interface Request {
  readonly method: string;
  /** Request target, as it stands. */
  readonly target: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** `Host` header; null leaves it out. Default: the gateway's own. */
  readonly host?: string | null;
  readonly via?: Via;
}

/** How the connection differs from an ordinary client's. */
export interface Via {
  readonly serverName?: string;
  /** null shows no client certificate. */
  readonly clientCertificate?: KeyPair | null;
  readonly localAddress?: string;
  readonly endpoint?: Endpoint;
  /** False where the certificate cannot fit, such as under another name. @default true */
  readonly verify?: boolean;
}

export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly serverName: string;
  /** Value of `Host`. */
  readonly authority: string;
  readonly ca: string | undefined;
  /** Shown on every connection that does not say otherwise. */
  readonly clientCertificate: KeyPair | undefined;
  /** Sent with every request that does not bring headers of these names. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Sees every answer to a request sent with `send`. */
  readonly onAnswer: (request: Request, answer: Answer) => void;
}

/** HTTP/1.1 over TLS with connections kept for the next request of the same kind. */
export class HttpClient {
  readonly options: ClientOptions;
  readonly #idle = new Map<string, Http1Connection[]>();

  constructor(options: ClientOptions) {
    this.options = options;
  }

  /** A connection of the probe's own; the caller closes it. @throws WireError */
  async open(via: Via = {}): Promise<Http1Connection> {
    const { options } = this;
    const clientCertificate = via.clientCertificate === null ? undefined : (via.clientCertificate ?? options.clientCertificate);
    const socket = await connectTls({
      endpoint: via.endpoint ?? options.endpoint,
      serverName: via.serverName ?? options.serverName,
      ca: options.ca,
      verify: via.verify ?? true,
      clientCertificate,
      localAddress: via.localAddress,
      timeoutMs: options.timeoutMs,
      signal: options.signal,
    });
    return new Http1Connection(socket);
  }

  /** One request, one answer. A kept connection the peer has closed meanwhile is replaced. @throws WireError */
  async send(request: Request): Promise<Answer> {
    const key = JSON.stringify(request.via ?? {});
    const kept = this.#take(key);
    if (kept) {
      try {
        return await this.#exchange(kept, key, request);
      } catch (error) {
        if (!(error instanceof WireError && error.failure === "closed")) throw error;
      }
    }
    return this.#exchange(await this.open(request.via), key, request);
  }

  /** Closes the kept connections. */
  close(): void {
    for (const connection of [...this.#idle.values()].flat()) connection.close();
    this.#idle.clear();
  }

  /** The bytes of a request. */
  format(request: Request): Buffer {
    const { method, target, headers = [], body } = request;
    const names = new Set(headers.map(([name]) => name.toLowerCase()));
    const host = request.host === undefined ? this.options.authority : request.host;
    const lines = [`${method} ${target} HTTP/1.1`];
    if (host !== null && !names.has("host")) lines.push(`Host: ${host}`);
    const defaults = this.options.headers.filter(([name]) => !names.has(name.toLowerCase()));
    for (const [name, value] of [...defaults, ...headers]) lines.push(`${name}: ${value}`);
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    const framed = names.has("content-length") || names.has("transfer-encoding");
    if (!framed && (bytes !== undefined || ["POST", "PUT", "PATCH"].includes(method))) lines.push(`Content-Length: ${bytes?.length ?? 0}`);
    const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    return bytes === undefined ? head : Buffer.concat([head, bytes]);
  }

  async #exchange(connection: Http1Connection, key: string, request: Request): Promise<Answer> {
    const aborted = () => connection.close();
    this.options.signal?.addEventListener("abort", aborted, { once: true });
    try {
      connection.write(this.format(request));
      const answer = await connection.read(request.method, this.options.timeoutMs);
      if (answer.last || !connection.idle) connection.close();
      else this.#keep(key, connection);
      this.options.onAnswer(request, answer);
      return answer;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      this.options.signal?.removeEventListener("abort", aborted);
    }
  }

  #take(key: string): Http1Connection | undefined {
    const idle = this.#idle.get(key);
    for (let connection = idle?.pop(); connection; connection = idle?.pop()) {
      if (connection.idle) return connection;
      connection.close();
    }
    return undefined;
  }

  #keep(key: string, connection: Http1Connection): void {
    const idle = this.#idle.get(key);
    if (idle) idle.push(connection);
    else this.#idle.set(key, [connection]);
  }
}
