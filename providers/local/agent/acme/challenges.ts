import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";

export const CHALLENGE_PATH = "/.well-known/acme-challenge/";

/** Answers HTTP-01 challenges (RFC 8555 section 8.3) on a Unix socket to which Envoy's listener for plain HTTP leads. */
export class Challenges {
  readonly #answers = new Map<string, string>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
      const [path = ""] = (request.url ?? "").split("?", 1);
      const answer = path.startsWith(CHALLENGE_PATH) ? this.#answers.get(path.slice(CHALLENGE_PATH.length)) : undefined;
      const known = answer !== undefined && (request.method === "GET" || request.method === "HEAD");
      response.writeHead(known ? 200 : 404, { "content-type": "application/octet-stream", "cache-control": "no-store" });
      response.end(known && request.method === "GET" ? answer : "");
    });
  }

  static async serve(socket: string): Promise<Challenges> {
    const challenges = new Challenges();
    rmSync(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      challenges.#server.once("error", reject).listen(socket, () => resolve());
    });
    return challenges;
  }

  /** Answers a token until `withdraw`. */
  offer(token: string, answer: string): void {
    this.#answers.set(token, answer);
  }

  withdraw(token: string): void {
    this.#answers.delete(token);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
