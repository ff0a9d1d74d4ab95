import * as http2 from "node:http2";
import { connectTls, type TlsConnection } from "./connect.ts";
import { WireError, wireError } from "./errors.ts";

export interface GrpcAnswer {
  readonly httpStatus: number;
  /** undefined when the answer has none, so is not gRPC. */
  readonly grpcStatus: number | undefined;
  readonly grpcMessage: string;
  /** Initial metadata and trailers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Messages received, without their frames. */
  readonly messages: readonly Buffer[];
}

export interface GrpcCall {
  readonly connection: Omit<TlsConnection, "alpn">;
  readonly authority: string;
  /** `/package.Service/Method` */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Serialized request message. @default empty */
  readonly message?: Buffer;
}

/** One gRPC call with one request message. @throws WireError */
export async function grpcCall(call: GrpcCall): Promise<GrpcAnswer> {
  const socket = await connectTls({ ...call.connection, alpn: ["h2"] });
  if (socket.alpnProtocol !== "h2") {
    socket.destroy();
    throw new WireError("tls", "the gateway did not agree to HTTP/2 (ALPN h2), which gRPC needs");
  }
  const session = http2.connect(`https://${call.authority}`, { createConnection: () => socket });
  try {
    return await exchange(session, call);
  } finally {
    session.destroy();
  }
}

function exchange(session: http2.ClientHttp2Session, call: GrpcCall): Promise<GrpcAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<GrpcAnswer>();
  const { timeoutMs } = call.connection;
  const timer = setTimeout(() => reject(new WireError("timeout", `no answer within ${timeoutMs} ms`)), timeoutMs);
  const failed = (error: Error) => reject(wireError(error, "the exchange"));
  session.on("error", failed);
  session.on("close", () => failed(new Error("the session was closed")));
  const stream = session.request({
    ":method": "POST",
    ":path": call.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...call.headers,
  });
  stream.on("error", failed);
  const headers: Record<string, string> = {};
  let httpStatus = 0;
  const collect = (received: http2.IncomingHttpHeaders) => {
    for (const [name, value] of Object.entries(received)) headers[name] = String(value);
  };
  const chunks: Buffer[] = [];
  stream.on("response", (received) => {
    httpStatus = Number(received[":status"]);
    collect(received);
  });
  stream.on("trailers", collect);
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    const status = headers["grpc-status"];
    resolve({
      httpStatus,
      grpcStatus: status === undefined ? undefined : Number(status),
      grpcMessage: decode(headers["grpc-message"] ?? ""),
      headers,
      messages: frames(Buffer.concat(chunks)),
    });
  });
  const message = call.message ?? Buffer.alloc(0);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([frame, message]));
  return promise.finally(() => clearTimeout(timer));
}

function frames(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages;
}

function decode(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
