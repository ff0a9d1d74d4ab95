import { streamSSE } from "hono/streaming";
import type { StoredEvent } from "../service.ts";
import type { ApiParts } from "./api.ts";
import { actorOf, type PortalContext } from "./environment.ts";
import { problemOf } from "./problem.ts";

/** Keeps proxies from closing a stream on which nothing happens. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it reconnects. */
const RETRY_MS = 1_000;

/** Answers with an operation's events after a number, as they come; ends with the operation, the session, the portal or the client. */
export async function eventStream(
  c: PortalContext,
  { service, limits, stopping }: Pick<ApiParts, "service" | "limits" | "stopping">,
  operation: string,
  after: number,
): Promise<Response> {
  const actor = actorOf(c);
  // Refused before the stream begins, with a status.
  const { endedAt } = await service.operation(actor, operation);
  const release = limits.stream(actor.id);
  const gone = new AbortController();
  const { session } = c.var;
  const signals = [gone.signal, stopping, c.req.raw.signal];
  if (session !== undefined) signals.push(AbortSignal.timeout(Math.max(0, session.endsAt - Date.now())));
  const signal = AbortSignal.any(signals);
  const events = service.events(actor, operation, after, signal)[Symbol.asyncIterator]();
  const close = () => {
    gone.abort();
    release();
  };
  let first: IteratorResult<StoredEvent> | undefined;
  if (endedAt !== undefined) {
    try {
      first = await events.next();
    } catch (error) {
      close();
      throw error;
    }
    if (first.done === true) {
      close();
      return c.body(null, 204);
    }
  }
  const response = streamSSE(c, async (stream) => {
    stream.onAbort(close);
    const heartbeat = setInterval(() => void stream.write(": alive\n\n").catch(close), HEARTBEAT_MS);
    try {
      await stream.write(`retry: ${RETRY_MS}\n\n`);
      for (let next = first ?? (await events.next()); next.done !== true && !signal.aborted; next = await events.next()) {
        const { sequence, event } = next.value;
        await stream.writeSSE({ id: String(sequence), event: kindOf(event), data: JSON.stringify(next.value) });
      }
    } catch (error) {
      // The client reconnects and goes on where it was; what kept the events from coming is for the log.
      if (!signal.aborted && problemOf(error).unforeseen) c.var.log(error);
    } finally {
      clearInterval(heartbeat);
      close();
    }
  });
  // For proxies that would hold back what they have not seen the end of.
  response.headers.set("x-accel-buffering", "no");
  return response;
}

const kindOf = (event: StoredEvent["event"]) => ("kind" in event ? event.kind : event.type);
