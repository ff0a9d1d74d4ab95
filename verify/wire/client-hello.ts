import { randomBytes } from "node:crypto";
import { ByteStream } from "./byte-stream.ts";
import { connectTcp, type Endpoint } from "./connect.ts";
import { WireError } from "./errors.ts";

/**
 * The first flight of a TLS handshake, written by hand: the TLS library of this process has neither SSL 3 nor RC4, NULL or export ciphers left, so it
 * could not even ask for them. The answer to one message tells whether the server would have agreed.
 */
export interface ClientHello {
  /** Highest version offered in the old way; 0x0300 is SSL 3, 0x0303 is TLS 1.2. */
  readonly version: number;
  readonly ciphers: readonly number[];
  readonly serverName: string | undefined;
  /** @default P-256, P-384 and X25519 */
  readonly groups?: readonly number[];
  /** @default ECDSA and RSA with SHA-256 and up */
  readonly signatures?: readonly number[];
  /** Offered compression methods; 1 is DEFLATE. @default none */
  readonly compression?: readonly number[];
}

export type HelloAnswer =
  | { readonly kind: "agreed"; readonly version: number; readonly cipher: number; readonly compression: number }
  | { readonly kind: "alert"; readonly description: number }
  | { readonly kind: "closed" };

const HANDSHAKE = 22;
const ALERT = 21;
const SERVER_HELLO = 2;

/** Sends one ClientHello. @throws WireError when there is no connection, no answer in time, or one that is not TLS. */
export async function sayHello(endpoint: Endpoint, hello: ClientHello, timeoutMs: number, signal?: AbortSignal): Promise<HelloAnswer> {
  const socket = await connectTcp(endpoint, timeoutMs, { signal });
  const stream = new ByteStream(socket);
  const timer = setTimeout(() => stream.fail(new WireError("timeout", `no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    socket.write(clientHello(hello));
    return parse(await stream.exactly(5), stream);
  } catch (error) {
    // A server may refuse by hanging up.
    if (error instanceof WireError && error.failure === "closed") return { kind: "closed" };
    throw error;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function parse(header: Buffer, stream: ByteStream): Promise<HelloAnswer> {
  const body = await stream.exactly(header.readUInt16BE(3));
  if (header[0] === ALERT) return { kind: "alert", description: body[1] ?? 0 };
  if (header[0] !== HANDSHAKE || body[0] !== SERVER_HELLO || body.length < 42)
    throw new WireError("malformed", "the answer to a TLS ClientHello is not TLS");
  const afterSession = 39 + (body[38] ?? 0);
  return {
    kind: "agreed",
    version: body.readUInt16BE(4),
    cipher: body.readUInt16BE(afterSession),
    compression: body[afterSession + 2] ?? 0,
  };
}

/** The record with the ClientHello in it. */
export function clientHello(hello: ClientHello): Buffer {
  const { version, ciphers, serverName, compression = [], groups = [0x001d, 0x0017, 0x0018] } = hello;
  const signatures = hello.signatures ?? [0x0403, 0x0503, 0x0804, 0x0805, 0x0401, 0x0501];
  const extensions = [
    ...(serverName === undefined ? [] : [extension(0, sized(2, Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(serverName))])))]),
    extension(10, sized(2, words(groups))),
    extension(11, sized(1, Buffer.from([0]))),
    ...(version >= 0x0303 ? [extension(13, sized(2, words(signatures)))] : []),
    extension(0xff01, Buffer.from([0])),
  ];
  const body = Buffer.concat([
    words([version]),
    randomBytes(32),
    sized(1, Buffer.alloc(0)),
    sized(2, words(ciphers)),
    sized(1, Buffer.from([...compression, 0])),
    // SSL 3 has no extensions.
    ...(version > 0x0300 ? [sized(2, Buffer.concat(extensions))] : []),
  ]);
  const message = Buffer.concat([Buffer.from([1]), sized(3, body)]);
  return Buffer.concat([Buffer.from([HANDSHAKE]), words([Math.min(version, 0x0301)]), sized(2, message)]);
}

const extension = (type: number, content: Buffer) => Buffer.concat([words([type]), sized(2, content)]);

const words = (values: readonly number[]) => Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 0xff])));

/** Length in so many bytes, then the content. */
function sized(bytes: 1 | 2 | 3, content: Buffer): Buffer {
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(content.length, 0, bytes);
  return Buffer.concat([length, content]);
}
