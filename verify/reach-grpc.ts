import type { Route } from "../components/spec/model.ts";
import type { ProbeContext, Reach } from "./context.ts";
import type { Admission } from "./credentials/admission.ts";
import { type GrpcAnswer, grpcCall } from "./wire/grpc.ts";

/** Status codes of gRPC, as in its specification. */
export const GRPC = {
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Calls the route as gRPC; without a declared method one that nobody implements, which a backend says in its own words. */
export async function callGrpc(context: ProbeContext, route: Route): Promise<Reach> {
  return callGrpcAs(context, route, await context.credentials.admit(route, context.alternativeOf(route)));
}

/** The same with these credentials. */
export async function callGrpcAs(context: ProbeContext, route: Route, admission: Admission): Promise<Reach> {
  await context.pacer.take(route, admission.consumer);
  const answer = await sendGrpc(context, context.pathOf(route), admission);
  const detail = describeGrpc(answer);
  const { permissionDenied, resourceExhausted, unavailable, unauthenticated, unimplemented } = GRPC;
  const refusals: readonly (number | undefined)[] = [permissionDenied, resourceExhausted, unavailable, unauthenticated, undefined];
  if (refusals.includes(answer.grpcStatus)) return { reached: false, detail, echo: undefined };
  if (answer.grpcStatus === unimplemented) {
    const unknown = await context.once("unknown grpc", () => sendGrpc(context, "/gateway.verify.Unknown/Call", undefined));
    const same = unknown.grpcStatus === unimplemented && withoutIds(unknown.grpcMessage) === withoutIds(answer.grpcMessage);
    if (same || HTTP_WORDS.test(answer.grpcMessage))
      return { reached: false, detail: `${detail}, which is the gateway's own`, echo: undefined };
  }
  return { reached: true, detail: `${detail} from the backend`, echo: undefined };
}

/** A refusal of HTTP that a gateway has put into gRPC's form; gRPC servers have words of their own. */
const HTTP_WORDS = /^(Not Found|Method Not Allowed|Not Implemented)\b/i;

/** Request ids differ from answer to answer. */
const withoutIds = (message: string) => message.replace(/[0-9a-f-]{8,}/gi, "");

export function sendGrpc(context: ProbeContext, path: string, admission: Admission | undefined): Promise<GrpcAnswer> {
  context.needConnection(admission?.via);
  const { client, settings } = context;
  return grpcCall({
    connection: {
      endpoint: settings.endpoint,
      serverName: settings.hostname,
      ca: settings.caCertificate,
      clientCertificate: admission?.via.clientCertificate ?? client.options.clientCertificate,
      timeoutMs: settings.exchangeTimeoutMs,
      signal: settings.signal,
    },
    authority: settings.authority,
    path,
    headers: Object.fromEntries(
      [...client.options.headers, ...(admission?.headers ?? [])].map(([name, value]) => [name.toLowerCase(), value]),
    ),
  });
}

export const describeGrpc = (answer: GrpcAnswer) =>
  answer.grpcStatus === undefined
    ? `HTTP status ${answer.httpStatus} without a gRPC status`
    : `gRPC status ${answer.grpcStatus}${answer.grpcMessage === "" ? "" : ` (${answer.grpcMessage.slice(0, 120)})`}`;
