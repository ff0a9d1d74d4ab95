/** What the Lambda authorizer decides by: made from the model at plan time, shipped next to the code, never changed at run time. */
export interface AuthorizerPolicy {
  /** Header with the client's address, set by the edge; undefined: API Gateway's own `sourceIp`. */
  readonly clientIpHeader?: string;
  /** Header with the client certificate (PEM, URL-encoded), set by the edge; undefined: API Gateway's own `clientCert`. */
  readonly clientCertificateHeader?: string;
  readonly clientCertificate?: { readonly subjectAltNames: readonly string[]; readonly hashes: readonly string[] };
  readonly apiKeyHeader?: string;
  readonly providers: Readonly<Record<string, ProviderPolicy>>;
  readonly plans: Readonly<Record<string, PlanPolicy>>;
  /** Request headers copied into the access log's context, by context key. */
  readonly logHeaders: Readonly<Record<string, string>>;
  /** `METHOD resource` → index into `rules`. */
  readonly routes: Readonly<Record<string, number>>;
  readonly rules: readonly RulePolicy[];
}

export interface ProviderPolicy {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly clockSkewSeconds: number;
  readonly keys: KeysPolicy;
  /** Context key → claim. */
  readonly claims: Readonly<Record<string, string>>;
}

export type KeysPolicy =
  | { readonly kind: "inline"; readonly jwks: string }
  /** `ca`: PEM of the accepted authorities; `pinned`: the one accepted certificate; neither: the public roots. */
  | { readonly kind: "remote"; readonly uri: string; readonly ca?: readonly string[]; readonly pinned?: string };

export interface PlanPolicy {
  readonly rate?: BucketPolicy;
  readonly quota?: { readonly requests: number; readonly per: "day" | "week" | "month" };
}

/** A token bucket: `burst` tokens, one more every `intervalMicros`. */
export interface BucketPolicy {
  readonly intervalMicros: number;
  readonly burst: number;
}

export interface LimitPolicy extends BucketPolicy {
  /** Unique within the gateway. */
  readonly id: string;
  readonly key: "all" | "clientIp" | "consumer" | "claim" | "header";
  /** Claim or header name. */
  readonly name?: string;
}

export interface RulePolicy {
  /** Undefined: public. */
  readonly anyOf?: readonly AlternativePolicy[];
  readonly allowCidrs: readonly string[];
  readonly denyCidrs: readonly string[];
  readonly bodyBytes?: number;
  /** Route's limits, then the gateway's. */
  readonly limits: readonly LimitPolicy[];
  /** The method needs a usage key: without one API Gateway answers 429. */
  readonly metered: boolean;
}

export interface AlternativePolicy {
  readonly jwt?: {
    readonly providers: readonly string[];
    readonly scopes: readonly string[];
    readonly claims: Readonly<Record<string, readonly string[]>>;
  };
  readonly apiKey?: { readonly plans?: readonly string[] };
  readonly clientCertificate?: { readonly subjectAltNames?: readonly string[] };
}

/** SHA-256 of an accepted API key (hexadecimal) → whose it is. */
export type ConsumerDigests = Readonly<Record<string, { readonly consumer: string; readonly plan?: string }>>;
