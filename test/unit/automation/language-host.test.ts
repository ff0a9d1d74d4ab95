import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { guardLanguageHost } from "../../../automation/language-host.ts";

const { grpcClientOptions } = settings as unknown as { grpcClientOptions: Record<string, unknown> };
const bytes = (value: Buffer) => value;
const PATH = "/test/Answer";

function listen(port: number): Promise<{ port: number; end(): void }> {
  const server = new Server();
  const method = { path: PATH, requestStream: false, responseStream: false } as const;
  const codec = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes };
  server.addService(
    { answer: { ...method, ...codec } },
    { answer: (_call: unknown, done: (e: null, r: Buffer) => void) => done(null, Buffer.of(1)) },
  );
  return new Promise((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve({ port: bound, end: () => server.forceShutdown() }),
    ),
  );
}

const ask = (client: Client) =>
  new Promise<string>((resolve) =>
    client.makeUnaryRequest(PATH, bytes, bytes, Buffer.of(0), (error) => resolve(error?.details ?? "answered")),
  );

describe("connections of programs to their engine", () => {
  it("do not take a new engine for one that is gone because it got the same port", async () => {
    guardLanguageHost();
    const connect = (port: number) => new Client(`127.0.0.1:${port}`, credentials.createInsecure(), grpcClientOptions);
    const ends: (() => void)[] = [];
    try {
      const first = await listen(0);
      ends.push(first.end);
      const late = connect(first.port);
      ends.push(() => late.close());
      assert.equal(await ask(late), "answered");
      first.end();
      while ((await ask(late)) === "answered") await sleep(5);
      const second = await listen(first.port);
      ends.push(second.end);
      const fresh = connect(second.port);
      ends.push(() => fresh.close());
      assert.equal(await ask(fresh), "answered");
    } finally {
      for (const end of ends) end();
    }
  });
});
