import { z } from "zod";
import { byteSize, duration, entryName } from "./primitives.ts";

export const rateLimit = z
  .strictObject({
    requests: z.int().min(1).max(10_000_000).meta({ description: "Requests per period." }),
    per: z.enum(["second", "minute", "hour"]).meta({ description: "The period." }),
    burst: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .meta({ description: "Size of the token bucket: requests that may come at once. Default: requests." }),
    key: z
      .string()
      .regex(
        /^(gateway|clientIp|consumer|jwtClaim:[A-Za-z0-9_:/.-]{1,200}|header:[a-z0-9][a-z0-9-]{0,126})$/,
        "gateway, clientIp, consumer, jwtClaim:<claim> or header:<name>",
      )
      .default("clientIp")
      .meta({
        description: "What is counted apart: gateway (all together), clientIp, consumer (API key), jwtClaim:<claim>, header:<name>.",
        examples: ["clientIp", "jwtClaim:sub"],
      }),
  })
  .meta({ description: "A token bucket: in any window w at most burst + requests × w/per pass; above it 429 with Retry-After." });

export const rateLimits = z
  .union([rateLimit, z.array(rateLimit).min(1)], "a rate limit, or a list of rate limits that all apply")
  .meta({ description: "A rate limit, or a list of which all apply." });

export const quota = z
  .strictObject({
    requests: z.int().min(1).max(1_000_000_000_000).meta({ description: "Requests per calendar period." }),
    per: z.enum(["day", "week", "month"]).meta({ description: "Calendar period in UTC; weeks start on Monday." }),
  })
  .meta({ description: "Requests a consumer may make in a calendar period." });

export const plan = z
  .strictObject({
    rateLimit: rateLimit.omit({ key: true }).optional().meta({ description: "Per consumer." }),
    quota: quota.optional(),
  })
  .meta({ description: "Limits shared by the consumers on it; each consumer is counted apart." });

export const plans = z.record(entryName, plan);

export const requestLimits = z
  .strictObject({
    url: byteSize.default("8KiB").meta({ description: "Longest request target; longer is answered 414." }),
    headers: byteSize.default("32KiB").meta({ description: "All request headers together; more is answered 431." }),
    body: byteSize.default("1MiB").meta({ description: "Largest request body; more is answered 413." }),
  })
  .meta({ description: "Largest requests accepted." });

export const retries = z
  .strictObject({
    attempts: z.int().min(1).max(5).default(2).meta({ description: "Further tries after the first." }),
    perTryTimeout: duration.optional().meta({ description: "Limit of one try; default: the whole request's timeout." }),
    on: z
      .array(z.enum(["connectFailure", "unavailable", "gatewayError"]))
      .min(1)
      .default(["connectFailure", "unavailable"])
      .meta({ description: "connectFailure (no connection), unavailable (503), gatewayError (502, 503, 504)." }),
    nonIdempotent: z.boolean().default(false).meta({ description: "Also retry POST and PATCH." }),
  })
  .meta({ description: "Repeat failed requests to a backend; idempotent methods only unless said." });

export const circuitBreaker = z
  .strictObject({
    consecutiveErrors: z
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .meta({ description: "5xx answers or failed connections in a row that take an endpoint out." }),
    ejectionTime: duration.default("30s").meta({ description: "How long it stays out." }),
    maxRequests: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1024)
      .meta({ description: "Requests to the backend at the same time; more is answered 503." }),
  })
  .meta({ description: "Stop sending to a backend that fails or is full." });
