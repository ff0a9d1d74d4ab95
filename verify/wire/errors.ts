/** Why an exchange came to no answer. */
export type WireFailure =
  /** No TCP connection. */
  | "unreachable"
  /** The TLS handshake failed. */
  | "tls"
  /** The peer ended the connection before it answered. */
  | "closed"
  | "timeout"
  /** What came back is not HTTP. */
  | "malformed";

export class WireError extends Error {
  override readonly name = "WireError";
  readonly failure: WireFailure;

  constructor(failure: WireFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** Turns what sockets throw into a WireError that says during what it happened. */
export function wireError(error: unknown, during: "connecting" | "the TLS handshake" | "the exchange"): WireError {
  if (error instanceof WireError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const text = code !== undefined && !message.includes(code) ? `${message} (${code})` : message;
  if (during === "connecting") return new WireError("unreachable", `no connection: ${text}`);
  if (during === "the TLS handshake") return new WireError("tls", `TLS handshake refused: ${text}`);
  return new WireError("closed", `connection ended before an answer: ${text}`);
}
