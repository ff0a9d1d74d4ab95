import { z } from "zod";
import { headerName } from "./primitives.ts";

export const observability = z
  .strictObject({
    accessLogs: z
      .strictObject({
        enabled: z.boolean().default(true).meta({ description: "Write a JSON line per request. Never holds tokens, keys or bodies." }),
        retentionDays: z.int().min(1).max(3650).default(30).meta({ description: "Days the log is kept." }),
        headers: z
          .array(headerName)
          .default([])
          .meta({ description: "Request headers to log besides the standard fields; those that carry credentials are refused." }),
      })
      .prefault({})
      .meta({ description: "Access logs." }),
    metrics: z
      .boolean()
      .default(true)
      .meta({ description: "Request counts, errors and latency, in the cloud's metrics service or as Prometheus." }),
    tracing: z
      .union(
        [
          z.boolean(),
          z.strictObject({
            samplingPercent: z
              .number()
              .min(0)
              .max(100)
              .default(5)
              .meta({ description: "Share of requests traced when the client did not decide." }),
            endpoint: z
              .url({ protocol: /^https?$/, error: "an http or https URL" })
              .optional()
              .meta({ description: "OTLP/HTTP endpoint, where the cloud has no tracing service of its own." }),
          }),
        ],
        "true, false, or { samplingPercent, endpoint }",
      )
      .default(false)
      .meta({ description: "Distributed tracing (W3C trace context)." }),
    alarms: z
      .strictObject({
        notify: z
          .array(z.string().regex(/^(mailto:[^\s@]+@[^\s@]+\.[^\s@]+|https:\/\/\S+)$/, "mailto:<address> or an https URL"))
          .min(1, "at least one address to notify")
          .meta({ description: "Who is told: mailto: addresses or https webhooks." }),
        errorRatePercent: z
          .number()
          .min(0.1)
          .max(100)
          .default(5)
          .meta({ description: "Share of 5xx answers over five minutes that raises the alarm." }),
        latencyMs: z
          .int()
          .min(1)
          .max(600_000)
          .default(2000)
          .meta({ description: "95th percentile of latency over five minutes that raises the alarm, in milliseconds." }),
        certificateDays: z
          .int()
          .min(1)
          .max(90)
          .default(14)
          .meta({ description: "Days before a certificate's end at which the alarm is raised." }),
      })
      .optional()
      .meta({ description: "Alarms on errors, latency, refusals, backends and certificates." }),
  })
  .meta({ description: "Logs, metrics, traces and alarms." });
