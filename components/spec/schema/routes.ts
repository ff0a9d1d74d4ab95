import { z } from "zod";
import { accessLists, alternative, cors } from "./access.ts";
import { rateLimits, retries } from "./limits.ts";
import { byteSize, duration, entryName, headerName, headerValue, methodName } from "./primitives.ts";

export const headerRules = z
  .strictObject({
    set: z.record(headerName, headerValue).default({}).meta({ description: "Headers set, whatever was there before." }),
    add: z.record(headerName, headerValue).default({}).meta({ description: "Headers added to what is there." }),
    remove: z.array(headerName).default([]).meta({ description: "Headers removed." }),
  })
  .meta({ description: "Changes to headers." });

export const headers = z
  .strictObject({
    request: headerRules.prefault({}).meta({ description: "On the way to the backend." }),
    response: headerRules.prefault({}).meta({ description: "On the way to the client." }),
  })
  .meta({ description: "Changes to request and response headers." });

export const routePath = z
  .string()
  .max(1024, "at most 1024 characters")
  .regex(
    /^(\/|(\/([A-Za-z0-9._~!$&'()+,=:@-]+|\{[A-Za-z_][A-Za-z0-9_]{0,62}\}))+(\/|\/\*)?|\/\*)$/,
    "a path such as /orders (exact), /orders/{id} (template: a parameter is one whole segment) or /files/* (everything below /files/)",
  )
  .meta({ examples: ["/orders", "/orders/{id}", "/files/*"] });

export const grpcMatch = z
  .strictObject({
    service: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/, "a full gRPC service name such as shop.v1.Inventory")
      .meta({ description: "The service, with its package." }),
    method: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a gRPC method name")
      .optional()
      .meta({ description: "One method; all of them when absent." }),
  })
  .meta({ description: "A gRPC service or method, instead of path and methods." });

export const route = z
  .strictObject({
    path: routePath.optional().meta({ description: "Which requests: exact path, template with {parameters}, or prefix ending in /*." }),
    methods: z
      .array(methodName)
      .min(1, "at least one method")
      .optional()
      .meta({ description: "Which methods; GET includes HEAD. Required with path." }),
    grpc: grpcMatch.optional(),
    backend: entryName.optional().meta({ description: "Where requests go. Either this or backends." }),
    backends: z
      .array(
        z.strictObject({
          name: entryName.meta({ description: "A backend." }),
          weight: z.int().min(0).max(1000).meta({ description: "Its share of requests, relative to the others." }),
        }),
      )
      .min(1, "at least one backend")
      .optional()
      .meta({ description: "Several backends by weight (canary)." }),
    require: z
      .array(alternative)
      .min(1, "at least one alternative")
      .optional()
      .meta({ description: "What a client must show: any one alternative suffices." }),
    public: z.literal(true, "true, or left out").optional().meta({ description: "Anyone may call this route. Either this or require." }),
    access: accessLists.optional().meta({ description: "Client addresses, in addition to the gateway's own lists." }),
    rateLimit: rateLimits.optional(),
    cors: cors.nullable().optional().meta({ description: "Instead of the gateway's cors; null switches it off here." }),
    bodyLimit: byteSize.optional().meta({ description: "Instead of limits.body." }),
    timeout: duration.optional().meta({ description: "Instead of the backend's timeout." }),
    retries: retries.nullable().optional().meta({ description: "Instead of the backend's retries; null switches them off here." }),
    headers: headers.optional(),
    rewrite: z
      .strictObject({
        path: routePath.meta({
          description: "Path sent to the backend; may use the parameters of the route's path, or end in /* for a prefix.",
        }),
      })
      .optional()
      .meta({ description: "Change the path on the way to the backend." }),
    summary: z.string().max(500).optional().meta({ description: "What this route is for." }),
  })
  .meta({ description: "A route; its key is its name and stays when others come and go." });

export const routes = z.record(entryName, route);
