import { once } from "node:events";
import { createServer, request, type Server } from "node:http";

/** Where a host name's plain HTTP leads: a port, or the Unix socket of an agent. */
export type Target = { readonly port: number } | { readonly socketPath: string };

/**
 * Stands for the port 80 of every host of the tests, and loses what it is told to lose: a token is answered for all of Pebble's validators or for
 * none of them.
 */
export class Port80 {
  readonly #server: Server;
  readonly #targets = new Map<string, Target>();
  readonly #fates = new Map<string, boolean>();
  /** Called once for each token; true loses its challenge. */
  lose: () => boolean = () => false;
  lost = 0;

  private constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const host = (incoming.headers.host ?? "").replace(/:\d+$/, "");
      const target = this.#targets.get(host);
      if (target === undefined || this.#isLost(incoming.url ?? "")) {
        incoming.socket.destroy();
        return;
      }
      const passed = request({ ...target, path: incoming.url, headers: { host } }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on("error", () => incoming.socket.destroy()).end();
    });
  }

  static async open(): Promise<Port80> {
    const opened = new Port80();
    opened.#server.listen(0, "127.0.0.1");
    await once(opened.#server, "listening");
    return opened;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  lead(host: string, target: Target): void {
    this.#targets.set(host, target);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #isLost(path: string): boolean {
    const known = this.#fates.get(path);
    if (known !== undefined) return known;
    const fate = this.lose();
    this.#fates.set(path, fate);
    if (fate) this.lost += 1;
    return fate;
  }
}
