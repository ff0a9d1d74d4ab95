import type { z } from "zod";
import type { InternalTraffic } from "./internal-model.ts";
import type { jwtAlgorithm } from "./schema/access.ts";
import type { awsSettings } from "./schema/aws.ts";
import type { azureSettings } from "./schema/azure.ts";
import type { gcpSettings } from "./schema/gcp.ts";
import type { localSettings } from "./schema/local.ts";

/**
 * The resolved gateway: what every backend, `plan`, `verify` and the portal work from.
 * Nothing is optional that has a default, references are checked, files are read, units are milliseconds and bytes.
 * The object is deeply frozen. What each field means at run time is in docs/semantics.md.
 */
export interface GatewayModel {
  readonly name: string;
  readonly hostname: string;
  readonly tls: FrontTls;
  readonly http: "redirect" | "refuse";
  readonly clientIp: { readonly trustedHops: number };
  /** Providers used by at least one route, by name. */
  readonly jwtProviders: Readonly<Record<string, JwtProvider>>;
  /** Undefined when no route asks for an API key. */
  readonly apiKeys: { readonly header: string } | undefined;
  readonly plans: Readonly<Record<string, Plan>>;
  readonly consumers: Readonly<Record<string, Consumer>>;
  readonly access: AccessLists;
  /** Limits of the whole gateway; a route's own come on top. */
  readonly rateLimits: readonly RateLimit[];
  readonly limits: { readonly urlBytes: number; readonly headerBytes: number; readonly bodyBytes: number };
  readonly headers: HeaderChanges;
  readonly backends: Readonly<Record<string, Backend>>;
  /** Most specific first: the first route that matches path and method is the one. */
  readonly routes: readonly Route[];
  readonly waf: "off" | "managed";
  readonly ddos: "standard" | "advanced";
  readonly edge: "none" | "cdn";
  readonly dns: { readonly zone: string | undefined };
  readonly observability: Observability;
  /** Traffic behind the gateway; undefined where the document says nothing about it. */
  readonly internal: InternalTraffic | undefined;
  readonly aws: z.output<typeof awsSettings>;
  readonly azure: z.output<typeof azureSettings>;
  readonly gcp: z.output<typeof gcpSettings>;
  readonly local: z.output<typeof localSettings>;
  /** SHA-256 of everything above, hexadecimal: equal digests mean equal gateways. */
  readonly digest: string;
}

/** The name of a secret of the stack's configuration; its value is only ever an `Output` marked secret. */
export interface SecretRef {
  readonly secret: string;
}

export type CertificateSource =
  | { readonly source: "managed" }
  | {
      readonly source: "acme";
      readonly email: string;
      /** URL of the ACME directory. */
      readonly directoryUrl: string;
      readonly keyType: "P256" | "P384" | "RSA2048" | "RSA4096";
      readonly caCertificates: readonly string[];
    }
  | {
      readonly source: "imported";
      /** PEM, leaf first. */
      readonly fullchain: string;
      readonly privateKey: SecretRef;
    }
  | { readonly source: "internal"; readonly validityMs: number };

export interface FrontTls {
  readonly certificate: CertificateSource;
  readonly minimumVersion: "1.2" | "1.3";
  readonly clientValidation: ClientValidation | undefined;
  readonly hsts: { readonly maxAgeSeconds: number; readonly includeSubdomains: boolean; readonly preload: boolean };
}

export interface ClientValidation {
  /** PEM, one certificate each. */
  readonly caCertificates: readonly string[];
  readonly mode: "Required" | "Optional";
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the DER certificate, lower-case hexadecimal. */
  readonly certificateHashes: readonly string[];
}

export type JwtAlgorithm = z.output<typeof jwtAlgorithm>;

export interface JwtProvider {
  readonly name: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly keys:
    | { readonly kind: "remote"; readonly uri: string; readonly trust: Trust }
    /** `jwks` is JSON text, public keys only. */
    | { readonly kind: "inline"; readonly jwks: string };
  readonly algorithms: readonly JwtAlgorithm[];
  /** Every scope the issuer grants. */
  readonly scopes: readonly string[];
  /** Header → claim; a dot in the claim reaches into an object. */
  readonly claimToHeaders: Readonly<Record<string, string>>;
  readonly clockSkewSeconds: number;
  readonly forward: boolean;
}

export interface Plan {
  readonly name: string;
  /** Per consumer; its key is always `consumer`. */
  readonly rateLimit: RateLimit | undefined;
  readonly quota: Quota | undefined;
}

export interface Quota {
  readonly requests: number;
  readonly per: "day" | "week" | "month";
}

export interface Consumer {
  readonly name: string;
  readonly plan: string | undefined;
  readonly keyGeneration: number;
  readonly keepPreviousKey: boolean;
}

export interface AccessLists {
  /** Canonical CIDRs; empty allows every address. */
  readonly allowCidrs: readonly string[];
  readonly denyCidrs: readonly string[];
}

export type RateLimitKey =
  | { readonly kind: "gateway" }
  | { readonly kind: "clientIp" }
  | { readonly kind: "consumer" }
  | { readonly kind: "jwtClaim"; readonly claim: string }
  | { readonly kind: "header"; readonly header: string };

export interface RateLimit {
  readonly requests: number;
  readonly per: "second" | "minute" | "hour";
  readonly periodMs: number;
  readonly burst: number;
  readonly key: RateLimitKey;
  /** Where in the document it stands. */
  readonly path: string;
}

export interface Cors {
  /** Exact origins; empty together with `anyOrigin`. */
  readonly allowOrigins: readonly string[];
  readonly anyOrigin: boolean;
  readonly allowMethods: readonly Method[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds: number;
}

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export type Trust =
  | { readonly kind: "public" }
  | { readonly kind: "internal" }
  | { readonly kind: "ca"; readonly caCertificates: readonly string[] }
  | { readonly kind: "pinned"; readonly certificate: string }
  | { readonly kind: "unverified"; readonly reason: string };

export interface Backend {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Path put before every request's path; `""` or `/base` without a trailing slash. */
  readonly basePath: string;
  readonly protocol: "http" | "grpc";
  readonly tls: {
    readonly trust: Trust;
    /** Sent as SNI and required in the certificate. */
    readonly serverName: string;
    readonly clientCertificate: "none" | "internal" | { readonly certificate: string; readonly privateKey: SecretRef };
  };
  readonly network:
    | { readonly type: "public" }
    | { readonly type: "private"; readonly addresses: readonly string[] }
    | { readonly type: "onPremises"; readonly addresses: readonly string[] };
  readonly preserveHost: boolean;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly retries: Retries | undefined;
  readonly circuitBreaker: CircuitBreaker | undefined;
  readonly healthCheck: { readonly path: string; readonly intervalMs: number } | undefined;
}

export interface Retries {
  readonly attempts: number;
  readonly perTryTimeoutMs: number | undefined;
  readonly on: readonly ("connectFailure" | "unavailable" | "gatewayError")[];
  readonly nonIdempotent: boolean;
}

export interface CircuitBreaker {
  readonly consecutiveErrors: number;
  readonly ejectionTimeMs: number;
  readonly maxRequests: number;
}

export type PathSegment = { readonly literal: string } | { readonly parameter: string };

export interface RoutePath {
  /** As written, such as `/orders/{id}` or `/files/*`. */
  readonly text: string;
  readonly kind: "exact" | "template" | "prefix";
  /** Segments between slashes; a prefix's trailing `*` is not one. */
  readonly segments: readonly PathSegment[];
  /** True when an exact or template path ends in a slash, which is then part of the match. */
  readonly trailingSlash: boolean;
}

export interface Route {
  readonly name: string;
  /** Where in the document or the OpenAPI document it stands, for faults and findings. */
  readonly at: string;
  readonly summary: string | undefined;
  readonly path: RoutePath;
  /** Sorted; HEAD is there wherever GET is. */
  readonly methods: readonly Method[];
  readonly grpc: { readonly service: string; readonly method: string | undefined } | undefined;
  /** Weights are positive; one entry has weight 1. */
  readonly backends: readonly { readonly name: string; readonly weight: number }[];
  readonly requirement: Requirement;
  /** The route's own lists; the gateway's apply as well. */
  readonly access: AccessLists;
  /** The route's own limits; the gateway's apply as well. */
  readonly rateLimits: readonly RateLimit[];
  readonly cors: Cors | undefined;
  readonly bodyBytes: number;
  readonly timeoutMs: number;
  readonly retries: Retries | undefined;
  /** The route's own changes, after the gateway's. */
  readonly headers: HeaderChanges;
  readonly rewrite: RoutePath | undefined;
}

export type Requirement = { readonly kind: "public" } | { readonly kind: "anyOf"; readonly alternatives: readonly Alternative[] };

/** Everything that is set must hold. At least one of jwt, apiKey and clientCertificate is set. */
export interface Alternative {
  readonly jwt:
    | {
        /** Any one of these providers. */
        readonly providers: readonly string[];
        /** All of these. */
        readonly scopes: readonly string[];
        /** Claim → accepted values. */
        readonly claims: Readonly<Record<string, readonly string[]>>;
      }
    | undefined;
  /** `plans` undefined: any consumer. */
  readonly apiKey: { readonly plans: readonly string[] | undefined } | undefined;
  /** `subjectAltNames` undefined: any certificate `tls.clientValidation` accepts. */
  readonly clientCertificate: { readonly subjectAltNames: readonly string[] | undefined } | undefined;
}

export interface HeaderChanges {
  readonly request: HeaderRules;
  readonly response: HeaderRules;
}

export interface HeaderRules {
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

export interface Observability {
  readonly accessLogs: { readonly retentionDays: number; readonly headers: readonly string[] } | undefined;
  readonly metrics: boolean;
  readonly tracing: { readonly samplingPercent: number; readonly endpoint: string | undefined } | undefined;
  readonly alarms:
    | {
        readonly notify: readonly string[];
        readonly errorRatePercent: number;
        readonly latencyMs: number;
        readonly certificateDays: number;
      }
    | undefined;
}

export type { InternalService, InternalTraffic } from "./internal-model.ts";
