import type { Duplex } from "node:stream";
import type { Answer } from "./answer.ts";
import { ByteStream } from "./byte-stream.ts";
import { WireError } from "./errors.ts";

const LARGEST_HEAD = 256 * 1024;

/**
 * HTTP/1.1 as a probe needs it: the bytes written are exactly those given, however wrong. Node's own clients (`node:https`, undici) check and
 * repair what they send, so an attack would never leave the machine; reading the answers is the only part that knows the protocol.
 */
export class Http1Connection {
  readonly #socket: Duplex;
  readonly #stream: ByteStream;
  #answers = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#stream = new ByteStream(socket);
  }

  /** Answers read so far. */
  get answers(): number {
    return this.#answers;
  }

  /** True while the peer has neither ended the connection nor sent something nobody asked for. */
  get idle(): boolean {
    return !this.#stream.ended && this.#stream.buffered === 0 && this.#socket.writable;
  }

  write(bytes: Buffer | string): void {
    // A peer that refuses early closes while we still write; its answer is what counts, so write errors are left to the reader.
    if (this.#socket.writable) this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  /**
   * The next final answer; interim ones (1xx) are skipped. `method` says whether it has a body.
   *
   * @throws WireError "closed", "timeout" or "malformed".
   */
  async read(method: string, timeoutMs: number): Promise<Answer> {
    const timer = setTimeout(() => {
      this.#stream.fail(new WireError("timeout", `no answer within ${timeoutMs} ms`));
      this.close();
    }, timeoutMs);
    try {
      for (;;) {
        const answer = await this.#readOne(method);
        if (answer.status >= 200 || answer.status === 101) {
          this.#answers++;
          return answer;
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until something arrives, the peer closes, or the time is over. */
  async quiet(timeoutMs: number): Promise<"data" | "closed" | "quiet"> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<"quiet">((resolve) => {
      timer = setTimeout(() => resolve("quiet"), timeoutMs);
    });
    try {
      return await Promise.race([this.#stream.available().then((data) => (data ? ("data" as const) : ("closed" as const))), patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #readOne(method: string): Promise<Answer> {
    const head = (await this.#stream.until("\r\n\r\n", LARGEST_HEAD)).toString("latin1");
    const [start = "", ...lines] = head.slice(0, -4).split("\r\n");
    const match = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: .*)?$/.exec(start);
    if (match === null) throw new WireError("malformed", `the answer does not start like HTTP: ${JSON.stringify(start.slice(0, 80))}`);
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      if (colon <= 0) throw new WireError("malformed", `the answer has a header line without a name: ${JSON.stringify(line.slice(0, 80))}`);
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const status = Number(match[2]);
    const value = (name: string) => headers.findLast(([key]) => key === name)?.[1].toLowerCase();
    const connection = value("connection") ?? "";
    let last = match[1] === "0" ? !connection.includes("keep-alive") : connection.includes("close");
    let body: Buffer = Buffer.alloc(0);
    if (method !== "HEAD" && status >= 200 && status !== 204 && status !== 304) {
      const length = value("content-length");
      if (value("transfer-encoding")?.endsWith("chunked")) body = await this.#chunks();
      else if (length !== undefined) body = await this.#stream.exactly(Number(length));
      else {
        body = await this.#stream.toEnd();
        last = true;
      }
    }
    return { protocol: match[1] === "0" ? "http/1.0" : "http/1.1", status, headers, body, last };
  }

  async #chunks(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const line = (await this.#stream.until("\r\n", 1024)).toString("latin1").trim();
      const size = Number.parseInt(line, 16);
      if (!Number.isSafeInteger(size) || size < 0) throw new WireError("malformed", "the answer has a chunk without a size");
      if (size === 0) break;
      parts.push(await this.#stream.exactly(size));
      await this.#stream.exactly(2);
    }
    while ((await this.#stream.until("\r\n", LARGEST_HEAD)).length > 2);
    return Buffer.concat(parts);
  }
}
