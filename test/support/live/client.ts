import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { Agent, request as httpsRequest } from "node:https";
import { connect as connectTls } from "node:tls";
import type { TestKeyPair } from "./certificates.ts";

/** Where a gateway of a test listens and what to trust. */
export interface GatewayAddress {
  readonly hostname: string;
  readonly address: string;
  readonly port: number;
  readonly ca: string;
}

export interface CallOptions {
  /** @default "GET" */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** @default false: HTTP/1.1 */
  readonly http2?: boolean;
  /** Client certificate. */
  readonly certificate?: TestKeyPair;
  /** @default the host name served */
  readonly serverName?: string;
}

export interface Answer {
  readonly status: number;
  /** Repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** One request over a connection of its own, path as it stands. */
export function call(gateway: GatewayAddress, path: string, options: CallOptions = {}): Promise<Answer> {
  return options.http2 ? callHttp2(gateway, path, options) : callHttp1(gateway, path, options);
}

/** Plain HTTP. */
export function callPlain(address: string, port: number, path: string, headers: Record<string, string>, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: address, port, path, method, headers, agent: false, setHost: false }, collect(resolve, reject));
    request.once("error", reject);
    request.end();
  });
}

const tlsOptions = (gateway: GatewayAddress, { serverName, certificate }: CallOptions) => ({
  servername: serverName ?? gateway.hostname,
  ca: gateway.ca,
  ...(certificate ? { cert: certificate.chain, key: certificate.privateKey } : {}),
});

function callHttp1(gateway: GatewayAddress, path: string, options: CallOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const request = httpsRequest(
      {
        ...tlsOptions(gateway, options),
        host: gateway.address,
        port: gateway.port,
        path,
        method: options.method ?? "GET",
        headers: { host: gateway.hostname, ...options.headers } as Record<string, string>,
        agent,
      },
      collect(resolve, reject),
    );
    request.once("error", reject);
    request.end(options.body);
  });
}

function collect(resolve: (answer: Answer) => void, reject: (error: Error) => void) {
  return (response: import("node:http").IncomingMessage) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.once("error", reject);
    response.once("end", () => resolve(answer(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))));
  };
}

function callHttp2(gateway: GatewayAddress, path: string, options: CallOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://${gateway.hostname}`, {
      createConnection: () =>
        connectTls({ ...tlsOptions(gateway, options), host: gateway.address, port: gateway.port, ALPNProtocols: ["h2"] }),
    });
    const fail = (error: Error) => {
      session.destroy();
      reject(error);
    };
    session.once("error", fail);
    const stream = session.request({
      ":method": options.method ?? "GET",
      ":path": path,
      ":authority": gateway.hostname,
      ...(options.headers as Record<string, string>),
    });
    let head: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on("response", (headers) => {
      head = headers;
    });
    stream.on("trailers", (trailers) => {
      head = { ...head, ...trailers };
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("error", fail);
    stream.once("end", () => {
      session.close();
      resolve(answer(Number(head[":status"] ?? 0), head as Record<string, string>, Buffer.concat(chunks)));
    });
    stream.end(options.body);
  });
}

function answer(status: number, headers: Record<string, string | string[] | number | undefined>, body: Buffer): Answer {
  const text = body.toString();
  return {
    status,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)]),
    ),
    body: text,
    json: <T>() => JSON.parse(text) as T,
  };
}

/** Sends bytes over TLS as they are and gives back everything that comes until the connection ends or is silent. */
export function rawCall(
  gateway: GatewayAddress,
  bytes: string | Buffer,
  options: CallOptions & { readonly silenceMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connectTls({ ...tlsOptions(gateway, options), host: gateway.address, port: gateway.port, ALPNProtocols: ["http/1.1"] });
    const done = () => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString());
    };
    socket.setTimeout(options.silenceMs ?? 500, done);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", done);
    socket.once("error", (error) => (chunks.length > 0 ? done() : reject(error)));
    socket.once("secureConnect", () => socket.write(bytes));
  });
}

/** Status of the first answer in what `rawCall` gave back; 0 when there is none. */
export const statusOf = (raw: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(raw)?.[1] ?? 0);
