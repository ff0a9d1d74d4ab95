import type { GatewayModel, Route } from "../../../spec/model.ts";
import { duration, type JsonObject } from "./values.ts";

/** Slowest upload that is waited for, bytes a second. */
const SLOWEST_UPLOAD = 128 * 1024;

/** The longest a stream may be silent, where no route allows more. */
const STREAM_IDLE_MS = 60_000;

/** How long clients may take: the headers, the whole request, and silence in the middle. */
export const patience = ({ routes }: GatewayModel): JsonObject => ({
  request_headers_timeout: duration(10_000),
  request_timeout: duration(60_000 + Math.ceil(Math.max(...routes.map((route) => route.bodyBytes)) / SLOWEST_UPLOAD) * 1000),
  stream_idle_timeout: duration(STREAM_IDLE_MS),
  delayed_close_timeout: duration(1000),
});

/** How long the backend may take; waiting for it is no silence of the client's. */
export const routeTimeouts = ({ timeoutMs }: Route): JsonObject => ({
  timeout: duration(timeoutMs),
  ...(timeoutMs >= STREAM_IDLE_MS ? { idle_timeout: duration(timeoutMs + 10_000) } : {}),
});
