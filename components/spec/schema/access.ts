import { z } from "zod";
import { cidr, duration, entryName, headerName, httpsUrl, methodName, named, pem } from "./primitives.ts";

export const jwtAlgorithm = z.enum(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"]);

export const jwtProvider = z
  .strictObject({
    issuer: z.string().min(1).max(2048).meta({ description: "Exact value of the token's `iss` claim." }),
    audiences: z
      .array(z.string().min(1).max(512))
      .min(1, "at least one audience")
      .meta({ description: "Accepted values; the token's `aud` must contain one of them." }),
    jwksUri: httpsUrl.optional().meta({ description: "Where the issuer publishes its keys (JWKS); https only. Either this or jwks." }),
    jwks: z
      .union(
        [z.string().min(2), z.strictObject({ file: z.string().min(1) })],
        "a JWKS as JSON text, or { file: path } relative to the document",
      )
      .optional()
      .meta({ description: "The issuer's public keys themselves, instead of jwksUri." }),
    jwksTls: z
      .strictObject({
        trust: z
          .enum(["public", "internal", "ca"])
          .optional()
          .meta({ description: "How the key server's certificate is verified; default public, or ca when caCertificates is set." }),
        caCertificates: z
          .array(pem)
          .min(1, "at least one CA certificate")
          .optional()
          .meta({ description: "Authorities that sign the key server's certificate." }),
      })
      .optional()
      .meta({ description: "TLS to the key server." }),
    algorithms: z
      .array(jwtAlgorithm)
      .min(1, "at least one algorithm")
      .default(["RS256"])
      .meta({ description: "Accepted signature algorithms; HS* and none never are." }),
    scopes: z
      .array(
        z
          .string()
          .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "a scope token of RFC 6749: printable characters without space, quote and backslash"),
      )
      .default([])
      .meta({ description: "Every scope this issuer grants; a route asking for another one is a fault." }),
    claimToHeaders: z
      .record(headerName, z.string().regex(/^[A-Za-z0-9_:/.-]{1,200}$/, "the name of a claim; a dot reaches into an object"))
      .default({})
      .meta({ description: "Claims passed to backends: header name → claim. The header is removed from requests that bring it." }),
    clockSkew: duration.default("60s").meta({ description: "Tolerance for `exp` and `nbf`; at most 60s." }),
    forward: z.boolean().default(false).meta({ description: "Pass the token itself on to backends." }),
  })
  .meta({ description: "An issuer of JSON Web Tokens. Signature, exp, nbf, iss and aud are always checked." });

const claimValue = z.union(
  [z.string().min(1).max(512), z.array(z.string().min(1).max(512)).min(1)],
  "a text, or a list of texts of which one must match",
);

export const alternative = z
  .strictObject({
    jwt: z
      .union([entryName, z.array(entryName).min(1)], "the name of a JWT provider, or a list of them")
      .optional()
      .meta({ description: "A valid token of this provider, or of any in the list." }),
    scopes: z.array(z.string().min(1)).default([]).meta({ description: "Scopes the token must have, all of them." }),
    claims: z
      .record(z.string().regex(/^[A-Za-z0-9_:/.-]{1,200}$/, "the name of a claim"), claimValue)
      .default({})
      .meta({ description: "Claims the token must have: name → text or list of texts of which one must match." }),
    apiKey: z
      .union(
        [
          z.literal(true),
          z.strictObject({
            plans: z.array(entryName).min(1, "at least one plan").meta({ description: "Plans whose consumers may call." }),
          }),
        ],
        "true, or { plans: [...] }",
      )
      .optional()
      .meta({ description: "A valid API key of any consumer, or of consumers on the named plans." }),
    clientCertificate: z
      .union(
        [
          z.literal(true),
          z.strictObject({
            subjectAltNames: z
              .array(z.string().min(1).max(253))
              .min(1, "at least one name")
              .meta({ description: "Names of which the certificate must have one." }),
          }),
        ],
        "true, or { subjectAltNames: [...] }",
      )
      .optional()
      .meta({ description: "A client certificate accepted by tls.clientValidation, optionally with one of these names." }),
  })
  .meta({ description: "Everything in one alternative must hold." });

export const accessLists = z
  .strictObject({
    allowCidrs: z.array(cidr).default([]).meta({ description: "Only these client addresses; empty allows every address." }),
    denyCidrs: z.array(cidr).default([]).meta({ description: "Never these client addresses; judged before allowCidrs." }),
  })
  .meta({ description: "Client addresses." });

export const cors = z
  .strictObject({
    allowOrigins: z
      .array(
        z
          .string()
          .regex(/^https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?$/, "an origin: scheme, host and optional port, such as https://shop.example.com"),
      )
      .default([])
      .meta({ description: "Origins that may read answers. Exact; no patterns." }),
    allowAnyOrigin: z
      .boolean()
      .default(false)
      .meta({ description: "Every origin may read answers. Cannot be combined with allowOrigins or allowCredentials." }),
    allowMethods: z
      .array(methodName)
      .min(1, "at least one method")
      .default(["GET"])
      .meta({ description: "Methods allowed from other origins." }),
    allowHeaders: z.array(headerName).default([]).meta({ description: "Request headers allowed from other origins." }),
    exposeHeaders: z.array(headerName).default([]).meta({ description: "Response headers scripts may read." }),
    allowCredentials: z.boolean().default(false).meta({ description: "Cookies and TLS client certificates may be sent." }),
    maxAge: duration.default("1h").meta({ description: "How long a browser may keep the answer to a preflight." }),
  })
  .meta({ description: "Cross-origin resource sharing; off when absent." });

export const consumer = z
  .strictObject({
    plan: entryName.optional().meta({ description: "The plan whose limits apply to this consumer." }),
    keyGeneration: z.int().min(1).max(1_000_000).default(1).meta({ description: "Raise by one to issue a new API key." }),
    keepPreviousKey: z.boolean().default(false).meta({ description: "While true, the key of the generation before is accepted too." }),
  })
  .meta({ description: "A client application with an API key of its own." });

export const consumers = named(consumer);
