import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Takes traces as OTLP/HTTP collectors do. */
export class TestCollector {
  readonly port: number;
  /** Paths and bodies of what came, as text with what is not printable. */
  readonly received: { readonly path: string; readonly body: string }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.once("end", () => {
        this.received.push({ path: request.url ?? "", body: Buffer.concat(chunks).toString("latin1") });
        response.end();
      });
    });
  }

  static start(): Promise<TestCollector> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(new TestCollector(server)));
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
