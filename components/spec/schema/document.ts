import { z } from "zod";
import { accessLists, consumers, cors, jwtProvider } from "./access.ts";
import { awsSettings } from "./aws.ts";
import { azureSettings } from "./azure.ts";
import { backends } from "./backends.ts";
import { gcpSettings } from "./gcp.ts";
import { internalSettings } from "./internal.ts";
import { plans, rateLimits, requestLimits } from "./limits.ts";
import { localSettings } from "./local.ts";
import { observability } from "./observability.ts";
import { entryName, headerName, hostName, named, resourceName } from "./primitives.ts";
import { headers, routes } from "./routes.ts";
import { frontTls } from "./tls.ts";

/**
 * The gateway document: everything a gateway is, in the words of Gateway API and Envoy Gateway where they have one.
 * The schema is the single source of the document reference, of the editors' completion and of the defaults.
 */
export const gatewayDocument = z
  .strictObject({
    $schema: z.string().optional().meta({ description: "For editors: the JSON Schema of this document." }),
    name: resourceName.meta({ description: "Name of the gateway; resources in the cloud are named after it." }),
    hostname: hostName.meta({ description: "The public host name, the only one served." }),
    tls: frontTls.prefault({}),
    http: z
      .enum(["redirect", "refuse"])
      .default("redirect")
      .meta({ description: "Plain HTTP on port 80: redirect answers 308 to https, refuse leaves the port closed. It is never served." }),
    clientIp: z
      .strictObject({
        trustedHops: z
          .int()
          .min(0)
          .max(10)
          .default(0)
          .meta({ description: "Proxies of yours in front of the gateway that append to X-Forwarded-For." }),
      })
      .prefault({})
      .meta({ description: "How the client's address is found." }),
    jwt: z
      .strictObject({ providers: named(jwtProvider).default({}).meta({ description: "Issuers by name." }) })
      .prefault({})
      .meta({ description: "JSON Web Tokens." }),
    apiKeys: z
      .strictObject({ header: headerName.default("x-api-key").meta({ description: "Header that carries the key." }) })
      .prefault({})
      .meta({ description: "API keys: 256 random bits per consumer, in a header only, never forwarded or logged." }),
    plans: plans.default({}).meta({ description: "Limits for consumers, by name." }),
    consumers: consumers.default({}).meta({ description: "Client applications with an API key, by name." }),
    access: accessLists.prefault({}),
    rateLimit: rateLimits.optional(),
    cors: cors.optional(),
    limits: requestLimits.prefault({}),
    headers: headers.prefault({}),
    backends: backends.meta({ description: "Services behind the gateway, by name." }),
    routes: routes.default({}).meta({ description: "Routes by name." }),
    openapi: z
      .union(
        [
          z.string().min(1),
          z.strictObject({
            file: z.string().min(1).meta({ description: "OpenAPI 3.0 or 3.1 document, relative to this one." }),
            backend: entryName.optional().meta({ description: "Backend of operations that name none in x-gateway." }),
            basePath: z
              .string()
              .max(512, "at most 512 characters")
              .regex(/^(\/|(\/[A-Za-z0-9._~!$&'()+,=:@-]+)+)$/, "a path such as /v1 without a slash at its end, or / for none")
              .optional()
              .meta({ description: "Put before every path of the OpenAPI document; needed when its servers have a base path." }),
          }),
        ],
        "the path of an OpenAPI document, or { file, backend, basePath }",
      )
      .optional()
      .meta({ description: "Routes from an OpenAPI 3.0 or 3.1 document; `x-gateway` extensions hold what OpenAPI has no word for." }),
    waf: z.enum(["off", "managed"]).default("off").meta({
      description: "managed: the cloud's maintained rules against common attacks (SQL injection, cross-site scripting, known exploits).",
    }),
    ddos: z.enum(["standard", "advanced"]).default("standard").meta({
      description: "standard: connection limits and what the cloud gives everyone; advanced: the cloud's paid or adaptive protection.",
    }),
    edge: z.enum(["none", "cdn"]).default("none").meta({
      description:
        "cdn: the cloud's edge network in front (CloudFront, Front Door), with the origin closed to everyone else. Google's load balancer is already at the edge.",
    }),
    dns: z
      .strictObject({
        zone: z.string().min(1).max(253).optional().meta({
          description:
            "The zone at the chosen cloud's DNS that holds hostname; absent: the records to create elsewhere are in the output dnsRecords.",
        }),
      })
      .prefault({})
      .meta({ description: "DNS records of the gateway." }),
    observability: observability.prefault({}),
    internal: internalSettings.optional(),
    aws: awsSettings.optional(),
    azure: azureSettings.optional(),
    gcp: gcpSettings.optional(),
    local: localSettings.optional(),
  })
  .meta({ title: "Gateway document", description: "One secure API gateway, independent of where it runs." });

/** A document as people write it: defaults may be left out. */
export type GatewayDocumentInput = z.input<typeof gatewayDocument>;

/** A document after the schema has filled in its defaults. */
export type GatewayDocument = z.output<typeof gatewayDocument>;
