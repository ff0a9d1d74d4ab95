import { EDGE, HTTP, LOGIN, NETWORK, REASON, REGIONAL } from "./documents.ts";

/** One document the AWS backend refuses: a base of documents.ts and a merge patch. */
export interface RefusedDocument {
  readonly title: string;
  readonly base: unknown;
  readonly patch: unknown;
}

/** Certificates the documents name; nothing of them shows in a message but their names. */
export interface Certificates {
  readonly root: string;
  readonly leaf: string;
  /** Leaf and root. */
  readonly chain: string;
}

export function refusedDocuments(a: Certificates): RefusedDocument[] {
  const jwt = { jwt: { providers: { login: LOGIN } } };
  const req = (requirement: unknown, more: object = {}) => ({
    ...jwt,
    ...more,
    routes: { health: { public: null, require: [requirement] } },
  });
  const provider = (fields: object) => ({ jwt: { providers: { login: { ...LOGIN, ...fields } } } });
  const other = { ...LOGIN, issuer: "https://other.example.com", jwksUri: "https://other.example.com/jwks.json" };
  const onPremises = (addresses: string[], line: unknown = "existing") => ({
    aws: { network: { routeTableIds: ["rtb-0123456789abcdef0"], line } },
    backends: { orders: { network: { type: "onPremises", addresses } } },
  });
  const many = Object.fromEntries(
    Array.from({ length: 301 }, (_, i) => [`r${i}`, { path: `/r${i}`, methods: ["GET"], backend: "orders", public: true }]),
  );
  const jwks = JSON.stringify({ keys: [{ kty: "RSA", n: "AQAB".repeat(90), e: "AQAB" }] });
  const cases: readonly (readonly [title: string, base: unknown, patch: unknown])[] = [
    ["tls13+mtls", REGIONAL, { tls: { minimumVersion: "1.3", clientValidation: { caCertificates: [a.root], mode: "Required" } } }],
    ["tls13 http", HTTP, { tls: { minimumVersion: "1.3" } }],
    ["acme no zone", EDGE, { dns: null, tls: { certificate: { source: "acme", email: "ops@example.com" } } }],
    ["acme ca", EDGE, { tls: { certificate: { source: "acme", email: "ops@example.com", caCertificates: [a.root] } } }],
    ["internal edge", EDGE, { tls: { certificate: { source: "internal" } } }],
    ["hsts", REGIONAL, { aws: { network: null }, backends: { orders: { network: null, tls: null } } }],
    ["http hsts", HTTP, { aws: { http: { accept: ["clientIdAsAudience", "underscoreHeaders"] } } }],
    ["http _", HTTP, { aws: { http: { accept: ["clientIdAsAudience", "errorsWithoutHsts"] } } }],
    ["http aud", HTTP, req({ jwt: "login" }, { aws: { http: { accept: ["underscoreHeaders", "errorsWithoutHsts"] } } })],
    [
      "optional",
      REGIONAL,
      {
        tls: { clientValidation: { caCertificates: [a.root], mode: "Optional" } },
        routes: { health: { public: null, require: [{ clientCertificate: true }] } },
      },
    ],
    [
      "http named clients",
      HTTP,
      { tls: { clientValidation: { caCertificates: [a.root], subjectAltNames: ["a.example.com"], certificateHashes: ["0".repeat(64)] } } },
    ],
    ["redirect", REGIONAL, { http: "redirect" }],
    ["hops", EDGE, { clientIp: { trustedHops: 1 } }],
    ["http open path", HTTP, { routes: { health: { path: "/health/{id}" } } }],
    ["body", EDGE, { limits: { body: "11MiB" } }],
    ["http limits", HTTP, { limits: null }],
    ["http waf", HTTP, { waf: "managed" }],
    ["shield regional", REGIONAL, { ddos: "advanced", aws: { shieldAdvanced: true } }],
    ["shield unsubscribed", EDGE, { ddos: "advanced" }],
    ["http edge", HTTP, { edge: "cdn" }],
    ["http access", HTTP, { access: { allowCidrs: ["192.0.2.0/24"], denyCidrs: ["192.0.2.66/32"] } }],
    ["http route access", HTTP, { routes: { health: { access: { denyCidrs: ["192.0.2.66/32"] } } } }],
    ["cors two", REGIONAL, { cors: { allowOrigins: ["https://a.example.com", "https://b.example.com"] } }],
    [
      "cors per route",
      EDGE,
      {
        cors: { allowOrigins: ["https://a.example.com"] },
        routes: {
          other: { path: "/other", methods: ["GET"], backend: "orders", public: true, cors: { allowOrigins: ["https://b.example.com"] } },
        },
      },
    ],
    ["http issuer", HTTP, req({ jwt: "login" }, { jwt: { providers: { login: { ...LOGIN, issuer: "login" } } } })],
    ["skew", EDGE, req({ jwt: "login" }, { aws: { authorizer: { cacheSeconds: 30 } } })],
    ["http scopes", HTTP, req({ jwt: "login", scopes: ["orders.read", "orders.write"] })],
    ["inline http", HTTP, req({ jwt: "login" }, provider({ jwksUri: undefined, jwks }))],
    ["inline kid", EDGE, req({ jwt: "login" }, provider({ jwksUri: undefined, jwks }))],
    [
      "private keys http",
      HTTP,
      req({ jwt: "login" }, { jwt: { providers: { login: { ...LOGIN, jwksTls: { caCertificates: [a.root] } } } } }),
    ],
    ["private keys internal", EDGE, req({ jwt: "login" }, { jwt: { providers: { login: { ...LOGIN, jwksTls: { trust: "internal" } } } } })],
    ["alg http", HTTP, req({ jwt: "login" }, { jwt: { providers: { login: { ...LOGIN, algorithms: ["ES256"] } } } })],
    ["alg ps", EDGE, req({ jwt: "login" }, { jwt: { providers: { login: { ...LOGIN, algorithms: ["PS256", "PS512"] } } } })],
    ["claims http", HTTP, req({ jwt: "login", claims: { role: "x" } })],
    [
      "providers http",
      HTTP,
      req(
        { jwt: ["login", "other"] },
        {
          jwt: {
            providers: { login: LOGIN, other: other },
          },
        },
      ),
    ],
    [
      "forward",
      EDGE,
      req(
        { jwt: ["login", "other"] },
        {
          jwt: {
            providers: {
              login: LOGIN,
              other: { ...other, forward: true },
            },
          },
        },
      ),
    ],
    [
      "keys http",
      HTTP,
      {
        plans: { gold: { rateLimit: { requests: 1, per: "second" }, quota: { requests: 5, per: "day" } } },
        consumers: { a: { plan: "gold" } },
        routes: { health: { public: null, require: [{ apiKey: { plans: ["gold"] } }] } },
      },
    ],
    [
      "cert routes http",
      HTTP,
      {
        tls: { clientValidation: { caCertificates: [a.root], subjectAltNames: ["a.example.com"] } },
        routes: { health: { public: null, require: [{ clientCertificate: { subjectAltNames: ["a.example.com"] } }] } },
      },
    ],
    [
      "any all http",
      HTTP,
      {
        ...jwt,
        consumers: { a: {} },
        routes: {
          health: {
            public: null,
            require: [
              { jwt: "login", apiKey: true },
              { jwt: "login", scopes: ["orders.read"] },
            ],
          },
        },
      },
    ],
    [
      "limits http",
      HTTP,
      {
        ...req({ jwt: "login" }),
        rateLimit: [
          { requests: 1, per: "second", key: "gateway" },
          { requests: 1, per: "second", key: "clientIp" },
        ],
      },
    ],
    [
      "route limits http",
      HTTP,
      {
        ...jwt,
        consumers: { a: {} },
        routes: {
          health: {
            public: null,
            require: [{ jwt: "login", apiKey: true }],
            rateLimit: ["gateway", "clientIp", "consumer", "jwtClaim:sub", "header:x-tenant"].map((key) => ({
              requests: 1,
              per: "second",
              key,
            })),
          },
        },
      },
    ],
    ["account rate", EDGE, { rateLimit: { requests: 20000, per: "second", key: "gateway" } }],
    ["bucket rate", EDGE, { rateLimit: { requests: 2000, per: "second", key: "gateway" } }],
    ["slash", EDGE, { routes: { health: { path: "/health/" } } }],
    ["template slash", EDGE, { routes: { health: { path: "/health/{id}/" } } }],
    [
      "ping",
      EDGE,
      {
        routes: {
          health: { path: "/ping" },
          b: { path: "/sping/{x}", methods: ["GET"], backend: "orders", public: true },
          c: { path: "/ping/*", methods: ["GET"], backend: "orders", public: true },
        },
      },
    ],
    ["hdr quote", EDGE, { headers: { request: { set: { "x-a": "it's" } } } }],
    ["hdr add", EDGE, { routes: { health: { headers: { request: { add: { "x-a": "b" } } } } } }],
    ["hdr resp regional", REGIONAL, { headers: { response: { set: { "x-a": "b" } } } }],
    ["hdr resp route", EDGE, { routes: { health: { headers: { response: { remove: ["x-a"] } } } } }],
    ["hdr resp add", EDGE, { headers: { response: { add: { "x-a": "b" } } } }],
    [
      "weights",
      EDGE,
      {
        backends: { b2: { url: "https://b2.example.com" } },
        routes: {
          health: {
            backend: null,
            backends: [
              { name: "orders", weight: 1 },
              { name: "b2", weight: 1 },
            ],
          },
        },
      },
    ],
    [
      "grpc",
      EDGE,
      {
        backends: { g: { url: "https://g.example.com", protocol: "grpc" } },
        routes: { g: { grpc: { service: "a.B" }, backend: "g", public: true } },
      },
    ],
    ["timeout", REGIONAL, { routes: { health: { timeout: "60s" } } }],
    ["timeout edge", EDGE, { aws: { quotas: { integrationTimeoutMs: 120000 } }, routes: { health: { timeout: "60s" } } }],
    ["timeout http", HTTP, { routes: { health: { timeout: "31s" } } }],
    ["timeout short", EDGE, { routes: { health: { timeout: "20ms" } } }],
    ["public behind alb", REGIONAL, { backends: { orders: { tls: { trust: "public", reason: null } } } }],
    ["internal", EDGE, { backends: { orders: { tls: { trust: "internal" } } } }],
    ["ca", EDGE, { backends: { orders: { tls: { caCertificates: [a.root] } } } }],
    ["pinned", EDGE, { backends: { orders: { tls: { certificate: a.leaf } } } }],
    ["unverified public", EDGE, { backends: { orders: { tls: { trust: "unverified", reason: REASON } } } }],
    ["servername", EDGE, { backends: { orders: { tls: { serverName: "x.example.com" } } } }],
    ["clientcert http", HTTP, { backends: { orders: { tls: { clientCertificate: "internal" } } } }],
    [
      "clientcert imp http",
      HTTP,
      { backends: { orders: { tls: { clientCertificate: { certificate: a.leaf, privateKey: { secret: "k" } } } } } },
    ],
    [
      "clientcert two",
      EDGE,
      {
        backends: {
          orders: { tls: { clientCertificate: "internal" } },
          b2: { url: "https://b2.example.com", tls: { clientCertificate: { certificate: a.chain, privateKey: { secret: "k" } } } },
        },
        routes: { b: { path: "/b", methods: ["GET"], backend: "b2", public: true } },
      },
    ],
    ["clientcert alb", REGIONAL, { backends: { orders: { tls: { clientCertificate: "internal" } } } }],
    ["private http", HTTP, { aws: { network: NETWORK }, backends: { orders: { network: { type: "private", addresses: ["10.0.0.1"] } } } }],
    [
      "onprem http",
      HTTP,
      { aws: { network: NETWORK }, backends: { orders: { network: { type: "onPremises", addresses: ["10.0.0.1"] } } } },
    ],
    ["private no network", REGIONAL, { aws: { network: null } }],
    ["private no address", REGIONAL, { backends: { orders: { network: { addresses: null } } } }],
    ["preserve", EDGE, { backends: { orders: { preserveHost: true } } }],
    ["retries", EDGE, { backends: { orders: { retries: { attempts: 2 } } } }],
    ["breaker", EDGE, { backends: { orders: { circuitBreaker: {} } } }],
    ["health public", EDGE, { backends: { orders: { healthCheck: { path: "/h" } } } }],
    ["health http", HTTP, { backends: { orders: { healthCheck: { path: "/h" } } } }],
    ["health interval", REGIONAL, { backends: { orders: { healthCheck: { path: "/h", interval: "2s" } } } }],
    ["logheaders http", HTTP, { observability: { accessLogs: { headers: ["user-agent"] } } }],
    ["trace http", HTTP, { observability: { tracing: true } }],
    ["trace endpoint", EDGE, { observability: { tracing: { endpoint: "https://otel.example.com" } } }],
    ["zone", EDGE, { dns: { zone: "other.example.com" } }],
    ["resources", EDGE, { routes: many }],
    ["policy", REGIONAL, { access: { denyCidrs: Array.from({ length: 600 }, (_, i) => `198.${18 + (i >> 8)}.${i & 255}.0/25`) } }],
    [
      "consumers",
      EDGE,
      {
        consumers: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`c${i}`, {}])),
        routes: { health: { public: null, require: [{ apiKey: true }] } },
      },
    ],
    [
      "quota",
      EDGE,
      {
        plans: { big: { quota: { requests: 3_000_000_000, per: "month" } } },
        consumers: { a: { plan: "big" } },
        routes: { health: { public: null, require: [{ apiKey: true }] } },
      },
    ],
    ["network unused", EDGE, { aws: { network: NETWORK } }],
    ["network zone", REGIONAL, { dns: null }],
    ["network host", REGIONAL, { backends: { orders: { url: "https://orders.corp.example" } } }],
    [
      "network hosts",
      REGIONAL,
      {
        backends: Object.fromEntries(
          Array.from({ length: 11 }, (_, i) => [`b${i}`, { ...REGIONAL.backends.orders, url: `https://b${i}.shop.example.com` }]),
        ),
        routes: Object.fromEntries(
          Array.from({ length: 11 }, (_, i) => [`r${i}`, { path: `/r${i}`, methods: ["GET"], backend: `b${i}`, public: true }]),
        ),
      },
    ],
    [
      "network clash",
      REGIONAL,
      { backends: { b2: REGIONAL.backends.orders }, routes: { b: { path: "/b", methods: ["GET"], backend: "b2", public: true } } },
    ],
    [
      "network clash nlb",
      REGIONAL,
      {
        aws: { network: { bridge: "nlb" } },
        edge: "cdn",
        backends: { orders: { tls: null }, b2: { url: "https://b2.shop.example.com", network: REGIONAL.backends.orders.network } },
        routes: { b: { path: "/b", methods: ["GET"], backend: "b2", public: true } },
      },
    ],
    ["unverified nlb", REGIONAL, { edge: "cdn", aws: { network: { bridge: "nlb" } } }],
    ["line", REGIONAL, { aws: { network: { line: { vpn: { customerGatewayAddress: "203.0.113.12" } } } } }],
    ["line address v6", REGIONAL, onPremises(["2001:db8::1"])],
    ["line address public", REGIONAL, onPremises(["10.20.0.10", "203.0.113.10"])],
    [
      "chain name",
      REGIONAL,
      {
        aws: { network: { bridge: "nlb-alb" } },
        backends: { orders: null, "balancer-443": REGIONAL.backends.orders },
        routes: { health: { backend: "balancer-443" } },
      },
    ],
    ["addresses mixed", REGIONAL, { backends: { orders: { network: { addresses: ["10.0.1.10", "2001:db8::1"] } } } }],
    [
      "line blocks",
      REGIONAL,
      onPremises(["10.20.0.10"], { vpn: { customerGatewayAddress: "203.0.113.12", cidrs: ["10.20.0.1/16", "2001:db8::/32", "10.20/16"] } }),
    ],
    [
      "line number",
      REGIONAL,
      onPremises(["10.20.0.10"], { directConnect: { connectionId: "dxcon-fg5678gh", vlan: 7, bgpAsn: 65010, amazonSideAsn: 65535 } }),
    ],
    ["no body", EDGE, { limits: { body: 0 }, routes: { health: { methods: ["POST"] } } }],
    ...[2000, 20_000].map(
      (requests) =>
        [
          `every limit at ${requests}`,
          EDGE,
          {
            ...jwt,
            consumers: { a: { plan: "gold" } },
            plans: { gold: { rateLimit: { requests, per: "second" } } },
            rateLimit: { requests, per: "second", key: "clientIp" },
            routes: {
              health: {
                public: null,
                require: [{ jwt: "login", apiKey: true }],
                rateLimit: ["gateway", "clientIp", "consumer", "jwtClaim:sub", "header:x-tenant"].map((key) => ({
                  requests,
                  per: "second",
                  key,
                })),
              },
            },
          },
        ] as const,
    ),
    ["on premises without network", REGIONAL, { aws: { network: null }, backends: { orders: { network: { type: "onPremises" } } } }],
    [
      "imported client certificate behind the load balancer",
      REGIONAL,
      { backends: { orders: { tls: { clientCertificate: { certificate: a.chain, privateKey: { secret: "k" } } } } } },
    ],
  ];
  return cases.map(([title, base, patch]) => ({ title, base, patch }));
}
