import type { Retries } from "../../../spec/model.ts";
import { duration, type JsonObject, oneOf, present } from "./values.ts";

/** RFC 9110, section 9.2.2, as far as routes have these methods. */
const IDEMPOTENT = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];

/** A refused stream was never looked at by the backend, so it counts as a connection that failed. */
const CONDITIONS = {
  connectFailure: ["connect-failure", "refused-stream"],
  unavailable: ["retriable-status-codes"],
  gatewayError: ["gateway-error"],
} as const satisfies Record<Retries["on"][number], readonly string[]>;

/** When failed requests are sent again, and to which endpoint: not the one that failed, as far as there is another. */
export function retryPolicy(retries: Retries): JsonObject {
  return present({
    retry_on: retries.on.flatMap((condition) => CONDITIONS[condition]).join(","),
    retriable_status_codes: retries.on.includes("unavailable") ? [503] : undefined,
    num_retries: retries.attempts,
    per_try_timeout: retries.perTryTimeoutMs === undefined ? undefined : duration(retries.perTryTimeoutMs),
    retry_back_off: { base_interval: "0.025s", max_interval: "0.25s" },
    retry_host_predicate: [
      {
        name: "envoy.retry_host_predicates.previous_hosts",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate" },
      },
    ],
    host_selection_retry_max_attempts: 3,
    retriable_request_headers: retries.nonIdempotent ? undefined : [{ name: ":method", string_match: oneOf(IDEMPOTENT) }],
  });
}
