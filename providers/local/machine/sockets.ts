import { closeSync, constants, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

/** Longest path of a Unix socket that every supported system takes (macOS: 104 bytes with the closing zero). */
export const SOCKET_PATH_BYTES = 103;

/**
 * Connects to a Unix socket below a folder. On Linux the folder may lie as deep as it likes: a long path is shortened by way of an open
 * descriptor of the folder.
 */
export async function connectUnix(folder: string, relative: string): Promise<Socket> {
  const path = join(folder, relative);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES || process.platform !== "linux") return connected(connect(path));
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await connected(connect(`/proc/self/fd/${descriptor}/${relative}`));
  } finally {
    closeSync(descriptor);
  }
}

/** Connects to a TCP address. @param withinMs time until the attempt counts as failed */
export function connectTcp(host: string, port: number, withinMs: number): Promise<Socket> {
  const socket = connect({ host, port });
  socket.setTimeout(withinMs, () => socket.destroy(new Error(`no connection within ${withinMs} ms`)));
  return connected(socket);
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}
