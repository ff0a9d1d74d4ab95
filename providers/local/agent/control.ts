import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import type { Command, Reply } from "./protocol.ts";

/** Answers commands on a Unix socket: a line with the command, a line of JSON back. */
export function serveControl(socket: string, answer: (command: Command) => Promise<Reply>): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let text = "";
    connection.setEncoding("utf8");
    connection.on("error", () => {});
    connection.on("data", (chunk: string) => {
      text += chunk;
      if (!text.includes("\n") && text.length < 100) return;
      connection.removeAllListeners("data");
      void answer(text.trim() as Command).then((reply) => connection.end(`${JSON.stringify(reply)}\n`));
    });
  });
  rmSync(socket, { force: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => resolve(server));
  });
}
