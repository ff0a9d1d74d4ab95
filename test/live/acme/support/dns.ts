import { once } from "node:events";
import { createServer } from "node:net";

/** Answers every question for an IPv4 address with 127.0.0.1 and every other with nothing; over TCP, as Pebble asks. */
export async function serveDns(): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const length = received.readUInt16BE(0);
        const answer = answerTo(received.subarray(2, 2 + length));
        socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 0xff]), answer]));
        received = received.subarray(2 + length);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

/** RFC 1035: header, the question as it came, and one A record that refers to its name. */
function answerTo(query: Buffer): Buffer {
  let end = 12;
  while (query[end] !== 0) end += (query[end] as number) + 1;
  const question = query.subarray(12, end + 5);
  const isAddress = question.readUInt16BE(question.length - 4) === 1;
  const header = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, question, ...(isAddress ? [record] : [])]);
}
