import type { Duplex } from "node:stream";
import { ByteStream } from "./byte-stream.ts";
import { WireError } from "./errors.ts";

/**
 * HTTP/2 written by hand, for requests that `node:http2` would refuse to send. Headers go out as literals and answers come back without a dynamic
 * table (its size is set to 0), so only the status has to be decoded.
 */

export type Field = readonly [name: string, value: string];

export interface RawRequest {
  /** Pseudo-headers and headers in the order they are sent, with whatever names and values. */
  readonly fields: readonly Field[];
  /** Frames after the HEADERS frame; without any that frame ends the stream. */
  readonly frames?: readonly RawFrame[];
  /** @default 1 */
  readonly stream?: number;
}

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  /** @default the request's */
  readonly stream?: number;
  readonly payload: Buffer;
}

export type RawOutcome =
  | { readonly kind: "status"; readonly status: number }
  /** RST_STREAM or GOAWAY with this error code. */
  | { readonly kind: "reset"; readonly frame: "RST_STREAM" | "GOAWAY"; readonly code: number }
  | { readonly kind: "closed" };

export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7, continuation: 9 } as const;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
const ACK = 0x1;

/** Sends one request over a new connection and waits for the first thing that decides. @throws WireError */
export async function sendRaw(socket: Duplex, request: RawRequest, timeoutMs: number): Promise<RawOutcome> {
  const stream = new ByteStream(socket);
  const timer = setTimeout(() => stream.fail(new WireError("timeout", `no answer within ${timeoutMs} ms`)), timeoutMs);
  const { fields, frames = [], stream: id = 1 } = request;
  // SETTINGS_HEADER_TABLE_SIZE 0, SETTINGS_ENABLE_PUSH 0.
  const settings = Buffer.from([0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
  const flags = END_HEADERS | (frames.length === 0 ? END_STREAM : 0);
  try {
    socket.write(
      Buffer.concat([
        Buffer.from(PREFACE),
        frame({ type: FRAME.settings, flags: 0, stream: 0, payload: settings }),
        frame({ type: FRAME.headers, flags, stream: id, payload: encodeFields(fields) }),
        ...frames.map((next) => frame({ stream: id, ...next })),
      ]),
    );
    return await firstOutcome(socket, stream);
  } catch (error) {
    if (error instanceof WireError && error.failure === "closed") return { kind: "closed" };
    throw error;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function firstOutcome(socket: Duplex, stream: ByteStream): Promise<RawOutcome> {
  for (;;) {
    const head = await stream.exactly(9);
    const payload = await stream.exactly(head.readUIntBE(0, 3));
    const flags = head[4] ?? 0;
    switch (head[3]) {
      case FRAME.settings:
        if ((flags & ACK) === 0 && socket.writable)
          socket.write(frame({ type: FRAME.settings, flags: ACK, stream: 0, payload: Buffer.alloc(0) }));
        break;
      case FRAME.reset:
        return { kind: "reset", frame: "RST_STREAM", code: payload.readUInt32BE(0) };
      case FRAME.goAway:
        return { kind: "reset", frame: "GOAWAY", code: payload.readUInt32BE(4) };
      case FRAME.headers:
        return { kind: "status", status: decodeStatus(payload) };
    }
  }
}

export function frame({ type, flags, stream = 1, payload }: RawFrame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK: every field a literal that is not indexed, nothing Huffman coded. */
export function encodeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** RFC 7541, appendix A: indexed fields 8 to 14 are `:status` with these values. */
const INDEXED = [200, 204, 206, 304, 400, 404, 500];

/** The status, which comes first in every block. */
export function decodeStatus(block: Buffer): number {
  let at = 0;
  // Changes of the table's size may stand in front.
  while (((block[at] ?? 0) & 0xe0) === 0x20) at++;
  const first = block[at] ?? 0;
  const indexed = INDEXED[(first & 0x7f) - 8];
  if (first >= 0x80 && indexed !== undefined) return indexed;
  const name = first & (first & 0x40 ? 0x3f : 0x0f);
  const length = block[at + 1] ?? 0;
  const value = block.subarray(at + 2, at + 2 + (length & 0x7f));
  const status = Number(length & 0x80 ? huffmanDigits(value) : value.toString("latin1"));
  if (name < 8 || name > 14 || !(status >= 100 && status <= 999))
    throw new WireError("malformed", "the answer does not start with a status");
  return status;
}

/** RFC 7541, appendix B, as far as digits go: 0, 1 and 2 have five bits, the others six. */
function huffmanDigits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let digits = "";
  for (let at = 0; digits.length < 3 && at < bits.length; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    if (five <= 2) {
      digits += five;
      at += 5;
    } else {
      digits += Number.parseInt(bits.slice(at, at + 6), 2) - 22;
      at += 6;
    }
  }
  return digits;
}
