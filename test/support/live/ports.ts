import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/** Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections and of whoever asks for port 0. */
const FIRST = 12_000;
const AFTER_LAST = 32_000;

/**
 * Loopback ports that nobody uses now, for programs that are given a port and take it later. Chosen at random where the system hands out none by itself:
 * a port it had just handed out would soon be somebody else's on a machine where several tests run.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = await listening(randomInt(FIRST, AFTER_LAST));
    if (server) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** @returns undefined when the port is taken */
function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
