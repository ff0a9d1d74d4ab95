import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { Agent, request } from "node:https";
import type { GatewayAddress } from "../../../support/live/client.ts";

/** What a load came to. */
export interface LoadReport {
  readonly sent: number;
  /** Requests per second over the whole time. */
  readonly rate: number;
  /** Everything but 200, each with how it failed; at most the first 20. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** HTTP/2 requests that the server refused unread, as it may when it closes a connection, and that were sent again. */
  readonly refused: number;
  readonly slowestMs: number;
}

const TICK_MS = 10;

/**
 * Sends requests at a fixed rate whatever the answers take, half over HTTP/1.1 connections that are kept, half over one HTTP/2 connection, until stopped.
 * Like any client it opens another HTTP/2 connection when the server says that it will close one.
 */
export class Load {
  readonly #gateway: GatewayAddress;
  readonly #path: string;
  readonly #agent: Agent;
  readonly #begun = Date.now();
  readonly #failures: string[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #session: ClientHttp2Session | undefined;
  #sent = 0;
  #failed = 0;
  #refused = 0;
  #slowest = 0;

  constructor(gateway: GatewayAddress, path: string, perSecond: number) {
    this.#gateway = gateway;
    this.#path = path;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, scheduling: "fifo" });
    this.#timer = setInterval(() => {
      const due = Math.floor(((Date.now() - this.#begun) * perSecond) / 1000);
      while (this.#sent < due) this.#send();
    }, TICK_MS);
  }

  /** Requests that have been answered, or have failed. */
  get answered(): number {
    return this.#sent - this.#open.size;
  }

  async stop(): Promise<LoadReport> {
    clearInterval(this.#timer);
    const seconds = (Date.now() - this.#begun) / 1000;
    await Promise.all(this.#open);
    this.#agent.destroy();
    this.#session?.destroy();
    return {
      sent: this.#sent,
      rate: this.#sent / seconds,
      failures: this.#failures,
      failed: this.#failed,
      refused: this.#refused,
      slowestMs: this.#slowest,
    };
  }

  #send(): void {
    this.#sent += 1;
    const started = Date.now();
    const answer = this.#sent % 2 === 0 ? this.#http1() : this.#http2();
    const done: Promise<void> = answer
      .then((status) => {
        if (status !== 200) this.#fail(`status ${status}`, started);
      })
      .catch((error: Error) => this.#fail(error.message, started))
      .finally(() => {
        this.#slowest = Math.max(this.#slowest, Date.now() - started);
        this.#open.delete(done);
      });
    this.#open.add(done);
  }

  #fail(how: string, started: number): void {
    this.#failed += 1;
    if (this.#failures.length < 20) this.#failures.push(`${how}, sent ${started - this.#begun} ms after the start`);
  }

  #http1(): Promise<number> {
    const { address, port, hostname, ca } = this.#gateway;
    return new Promise((resolve, reject) => {
      const headers = { host: `${hostname}:${port}` };
      request({ host: address, port, servername: hostname, ca, path: this.#path, headers, agent: this.#agent }, (response) => {
        response.on("error", reject).on("end", () => resolve(response.statusCode ?? 0));
        response.resume();
      })
        .on("error", reject)
        .end();
    });
  }

  /** Asks again when the server says that it has not looked at a request (REFUSED_STREAM), as RFC 9113 section 8.7 lets every client do. */
  async #http2(again = 3): Promise<number> {
    try {
      return await this.#http2Once();
    } catch (error) {
      if (again === 0 || !/NGHTTP2_REFUSED_STREAM/.test((error as Error).message)) throw error;
      this.#refused += 1;
      return this.#http2(again - 1);
    }
  }

  async #http2Once(): Promise<number> {
    const { port, hostname } = this.#gateway;
    const stream = this.#connected().request({ ":authority": `${hostname}:${port}`, ":path": this.#path });
    stream.resume();
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    await once(stream, "end");
    return Number(headers[":status"]);
  }

  #connected(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { address, port, hostname, ca } = this.#gateway;
    const session = connect(`https://${address}:${port}`, { servername: hostname, ca });
    const leave = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on("error", leave).on("goaway", leave).on("close", leave);
    this.#session = session;
    return session;
  }
}
