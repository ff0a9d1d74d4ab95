import type { Duplex } from "node:stream";
import { WireError, wireError } from "./errors.ts";

/** More than any answer a probe asks for. */
const LARGEST = 16 * 1024 * 1024;

/** Pull reading from a socket; one reader at a time. */
export class ByteStream {
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  #failure: WireError | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Duplex) {
    socket.on("data", (chunk: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#wake?.();
    });
    const over = () => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on("end", over);
    socket.on("close", over);
    socket.on("error", (error) => {
      this.fail(wireError(error, "the exchange"));
    });
  }

  /** Bytes received and not yet read. */
  get buffered(): number {
    return this.#buffer.length;
  }

  get ended(): boolean {
    return this.#ended || this.#failure !== undefined;
  }

  /** Ends waiting reads with this error once the buffer does not suffice. */
  fail(failure: WireError): void {
    this.#failure ??= failure;
    this.#wake?.();
  }

  /** Everything up to and including `mark`. */
  async until(mark: string, most: number): Promise<Buffer> {
    for (let from = 0; ; ) {
      const at = this.#buffer.indexOf(mark, from, "latin1");
      if (at >= 0) return this.#take(at + mark.length);
      if (this.#buffer.length > most) throw new WireError("malformed", `no end of line within ${most} bytes of the answer`);
      from = Math.max(0, this.#buffer.length - mark.length + 1);
      await this.#more();
    }
  }

  async exactly(length: number): Promise<Buffer> {
    if (length > LARGEST) throw new WireError("malformed", `an answer of ${length} bytes is more than a probe reads`);
    while (this.#buffer.length < length) await this.#more();
    return this.#take(length);
  }

  async toEnd(): Promise<Buffer> {
    while (!this.ended) {
      if (this.#buffer.length > LARGEST) throw new WireError("malformed", "the answer does not end");
      await this.#wait();
    }
    return this.#take(this.#buffer.length);
  }

  /** True as soon as at least one byte is there, false at the end of the stream. */
  async available(): Promise<boolean> {
    while (this.#buffer.length === 0 && !this.ended) await this.#wait();
    return this.#buffer.length > 0;
  }

  get failure(): WireError | undefined {
    return this.#failure;
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    if (this.ended) throw this.#failure ?? new WireError("closed", "the connection ended before the answer did");
    await this.#wait();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
