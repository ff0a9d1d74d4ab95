import { rmSync } from "node:fs";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";

/**
 * Answers Envoy's rate limit filter for tests: counts requests per consumer and refuses above the number given. The product's own service is
 * part of the local provider; this one only shows that the gateway asks and obeys.
 */
export class TestQuotaService {
  readonly counts = new Map<string, number>();
  readonly #limits: Readonly<Record<string, number>>;
  readonly #server: Http2Server;
  readonly #socket: string;

  private constructor(server: Http2Server, socket: string, limits: Readonly<Record<string, number>>) {
    this.#server = server;
    this.#socket = socket;
    this.#limits = limits;
    server.on("stream", (stream) => this.#serve(stream));
  }

  static start(socket: string, limits: Readonly<Record<string, number>>): Promise<TestQuotaService> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(socket, () => resolve(new TestQuotaService(server, socket, limits)));
    });
  }

  async stop(): Promise<void> {
    await new Promise((done) => {
      this.#server.close(done);
      for (const session of this.#sessions) session.destroy();
    });
    rmSync(this.#socket, { force: true });
  }

  readonly #sessions = new Set<import("node:http2").ServerHttp2Session>();

  #serve(stream: ServerHttp2Stream): void {
    if (stream.session) this.#sessions.add(stream.session as import("node:http2").ServerHttp2Session);
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("end", () => {
      const consumer = consumerIn(Buffer.concat(chunks).subarray(5));
      const count = (this.counts.get(consumer) ?? 0) + 1;
      this.counts.set(consumer, count);
      const over = count > (this.#limits[consumer] ?? Number.POSITIVE_INFINITY);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(framed(over ? overLimit(30) : Buffer.from([0x08, 1])));
    });
  }
}

/** Field 2 (descriptors) → field 1 (entries) → field 2 (value) of a RateLimitRequest. */
function consumerIn(request: Buffer): string {
  const entry = fields(fields(fields(request).get(2) ?? Buffer.alloc(0)).get(1) ?? Buffer.alloc(0));
  return entry.get(2)?.toString() ?? "";
}

/** Length-delimited fields of a message by number; the last of each. */
function fields(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const length = varint();
    if ((tag & 7) !== 2) continue;
    found.set(tag >> 3, message.subarray(at, at + length));
    at += length;
  }
  return found;
}

/** overall_code OVER_LIMIT and one status with duration_until_reset. */
function overLimit(seconds: number): Buffer {
  const status = Buffer.from([0x08, 2, 0x22, 2, 0x08, seconds]);
  return Buffer.concat([Buffer.from([0x08, 2, 0x12, status.length]), status]);
}

function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
