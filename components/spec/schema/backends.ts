import { z } from "zod";
import { circuitBreaker, retries } from "./limits.ts";
import { duration, httpsUrl, named } from "./primitives.ts";
import { backendTls } from "./tls.ts";

const address = z.string().min(2).max(64).meta({ description: "IPv4 or IPv6 address." });

export const backendNetwork = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("public") }).meta({ description: "Reached over the Internet by its public name." }),
    z
      .strictObject({
        type: z.literal("private"),
        addresses: z.array(address).default([]).meta({ description: "Addresses behind the name, where the cloud needs them." }),
      })
      .meta({ description: "In the cloud's own private network." }),
    z
      .strictObject({
        type: z.literal("onPremises"),
        addresses: z
          .array(address)
          .min(1, "at least one address")
          .meta({ description: "Addresses of the on-premises load balancer or hosts." }),
      })
      .meta({ description: "On premises, reached through the cloud's VPN or dedicated line (declared in the cloud's own section)." }),
  ])
  .meta({ description: "Where the backend is." });

export const backend = z
  .strictObject({
    url: httpsUrl.meta({ description: "https://host[:port][/base-path]. Plain HTTP is not accepted." }),
    protocol: z.enum(["http", "grpc"]).default("http").meta({ description: "grpc speaks HTTP/2 to the backend." }),
    tls: backendTls.prefault({}),
    network: backendNetwork.default({ type: "public" }),
    preserveHost: z.boolean().default(false).meta({ description: "Send the public host name instead of the backend's own in `Host`." }),
    timeout: duration.default("15s").meta({ description: "Whole request to the backend; longer is answered 504." }),
    connectTimeout: duration.default("5s").meta({ description: "Opening a connection to the backend." }),
    retries: retries.optional(),
    circuitBreaker: circuitBreaker.optional(),
    healthCheck: z
      .strictObject({
        path: z
          .string()
          .regex(/^\/[!-~]*$/, "a path starting with /")
          .meta({ description: "Answered with 200 by a healthy endpoint." }),
        interval: duration.default("10s").meta({ description: "Time between two checks." }),
      })
      .optional()
      .meta({ description: "Ask the backend's endpoints for their health." }),
  })
  .meta({ description: "A service behind the gateway." });

export const backends = named(backend);
