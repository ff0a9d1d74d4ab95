import * as net from "node:net";
import * as tls from "node:tls";
import { WireError, wireError } from "./errors.ts";

/** Where a connection goes. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface KeyPair {
  /** PEM, leaf first. */
  readonly certificate: string;
  /** PEM. */
  readonly privateKey: string;
}

export interface TlsConnection {
  readonly endpoint: Endpoint;
  /** Sent as SNI and required in the certificate; undefined sends no SNI and then only `verify: false` makes sense. */
  readonly serverName: string | undefined;
  /** PEM; undefined: the public roots. */
  readonly ca: string | undefined;
  /** @default true */
  readonly verify?: boolean;
  readonly clientCertificate?: KeyPair | undefined;
  readonly localAddress?: string | undefined;
  readonly alpn?: readonly string[];
  readonly minVersion?: tls.SecureVersion;
  readonly maxVersion?: tls.SecureVersion;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A TCP connection. @throws WireError "unreachable" or "timeout". */
export function connectTcp(
  endpoint: Endpoint,
  timeoutMs: number,
  extra: { readonly localAddress?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: endpoint.host,
      port: endpoint.port,
      noDelay: true,
      ...(extra.localAddress === undefined ? {} : { localAddress: extra.localAddress }),
    });
    const settle = deadline(socket, timeoutMs, extra.signal, reject, `no connection to ${endpoint.host}:${endpoint.port}`);
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
    socket.once("error", (error) => {
      settle();
      reject(wireError(error, "connecting"));
    });
  });
}

/** A TLS connection after its handshake. @throws WireError "unreachable", "tls" or "timeout". */
export async function connectTls(connection: TlsConnection): Promise<tls.TLSSocket> {
  const { endpoint, serverName, ca, verify = true, clientCertificate, timeoutMs, signal } = connection;
  const tcp = await connectTcp(endpoint, timeoutMs, { localAddress: connection.localAddress, signal });
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      socket: tcp,
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(ca === undefined ? {} : { ca }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.privateKey }),
      rejectUnauthorized: verify,
      // Whether the certificate carries the name is judged against the name asked for, not the address connected to.
      checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(serverName ?? endpoint.host, certificate),
      ALPNProtocols: [...(connection.alpn ?? ["http/1.1"])],
      ...(connection.minVersion === undefined ? {} : { minVersion: connection.minVersion }),
      ...(connection.maxVersion === undefined ? {} : { maxVersion: connection.maxVersion }),
    });
    const settle = deadline(tcp, timeoutMs, signal, reject, "no end to the TLS handshake");
    const failed = (error: Error) => {
      settle();
      tcp.destroy();
      reject(wireError(error, "the TLS handshake"));
    };
    socket.once("secureConnect", () => {
      settle();
      socket.off("error", failed);
      // A later error shows up as the end of whatever exchange is running.
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.once("error", failed);
  });
}

/** Destroys the socket and rejects when time is up or the run is ended; returns what to call once settled. */
function deadline(
  socket: net.Socket,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  reject: (error: Error) => void,
  what: string,
): () => void {
  const end = (error: WireError) => {
    socket.destroy();
    reject(error);
  };
  const timer = setTimeout(() => end(new WireError("timeout", `${what} within ${timeoutMs} ms`)), timeoutMs);
  const aborted = () => end(new WireError("timeout", "the run was ended"));
  signal?.addEventListener("abort", aborted, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  };
}
