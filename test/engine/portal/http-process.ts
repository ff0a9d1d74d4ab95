import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { StoredEvent } from "../../../portal/service.ts";
import type { HttpOptions } from "./http-main.ts";

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** The whole portal in a process of its own, reached as programs reach it. */
export class HttpPortal {
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #url = "";
  #token = "";
  readonly #memory: ((usage: NodeJS.MemoryUsage) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#gone = new Promise((resolve) => child.once("exit", () => resolve()));
    child.on("message", (message: { log?: string; memory?: NodeJS.MemoryUsage }) => {
      if (message.log !== undefined) this.log.push(message.log);
      if (message.memory !== undefined) this.#memory.shift()?.(message.memory);
    });
  }

  /** @param before a command that runs it, such as one that gives it a disk of its own */
  static async start(options: HttpOptions, before: readonly string[] = [], env: Record<string, string> = {}): Promise<HttpPortal> {
    const [command = process.execPath, ...args] = [
      ...before,
      process.execPath,
      "--expose-gc",
      join(import.meta.dirname, "http-main.ts"),
      JSON.stringify(options),
    ];
    const { DATABASE_URL: _, ...inherited } = process.env;
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit", "ipc"], env: { ...inherited, ...env } });
    const portal = new HttpPortal(child);
    await new Promise<void>((resolve, reject) => {
      child.on("message", ({ url, token }: { url?: string; token?: string }) => {
        if (url === undefined || token === undefined) return;
        portal.#url = url;
        portal.#token = token;
        resolve();
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`the portal ended while it started (${code ?? signal})`)));
    });
    return portal;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    json?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const answer = await fetch(new URL(path, this.#url), {
      method,
      redirect: "manual",
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    const isJson = /\bjson\b/.test(answer.headers.get("content-type") ?? "");
    return { status: answer.status, headers: answer.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** The same, where only one status is right. */
  async expect<T = Record<string, unknown>>(status: number, method: string, path: string, json?: unknown, headers = {}): Promise<T> {
    const answer = await this.call<T>(method, `/api/v1${path}`, json, headers);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Events of an operation as they come over the wire, to its end. */
  async *events(operation: string, signal = AbortSignal.timeout(300_000)): AsyncIterable<StoredEvent> {
    const answer = await fetch(new URL(`/api/v1/operations/${operation}/events`, this.#url), {
      headers: { authorization: `Bearer ${this.#token}` },
      signal,
    });
    assert.equal(answer.status, 200, `events of ${operation}: ${answer.status}`);
    let text = "";
    for await (const chunk of (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data !== undefined) yield JSON.parse(data.slice(6)) as StoredEvent;
      }
    }
  }

  /** What the process holds, after its garbage was collected. */
  memory(): Promise<NodeJS.MemoryUsage> {
    const answer = new Promise<NodeJS.MemoryUsage>((resolve) => this.#memory.push(resolve));
    this.#child.send("memory");
    return answer;
  }

  /** Ends it as a service manager does. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    await this.#gone;
  }
}
