/** A certificate with its key, PEM. */
export interface KeyPair {
  /** Leaf first, then every intermediate. */
  readonly chain: string;
  readonly privateKey: string;
}

/** What a rendered configuration needs besides the model: values known only when the gateway is deployed. */
export interface Materials {
  /** Undefined where the gateway's agent obtains it from an ACME authority. */
  readonly front?: KeyPair;
  /** Roots of the gateway's own authority; needed where something is verified against it, and where it has issued the front certificate. */
  readonly authority?: string;
  /** The authority's revocation list, PEM; served over plain HTTP where the front certificate names its address. */
  readonly revocationList?: string;
  /** That of the root, where an intermediate signs. */
  readonly rootRevocationList?: string;
  /** The certificate shown to backends that ask for one of the gateway's own authority. */
  readonly gateway?: KeyPair;
  /** Imported client certificates by backend. */
  readonly clients: Readonly<Record<string, KeyPair>>;
  /** Accepted API keys by consumer. */
  readonly apiKeys: Readonly<Record<string, readonly string[]>>;
  /**
   * Changes when the keys of the stack's own issuer change, so that the gateway fetches them anew instead of at the end of their time in the cache.
   */
  readonly issuerKeyId?: string;
}

/** Where the configuration is used. */
export interface RenderOptions {
  /** Folder of the gateway's files as Envoy sees it; empty: Envoy's working directory. */
  readonly folder: string;
  /** File with the public roots. */
  readonly publicRoots: { readonly file: string } | { readonly pem: string };
}
