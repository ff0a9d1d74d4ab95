import { mergePatch } from "../../../components/spec/overlay.ts";

/** What is accepted as it stands; every refused document is a patch of it. */
export const BASE = {
  name: "shop",
  hostname: "api.shop.example.com",
  azure: {
    tier: "Standard",
    publisher: { email: "api@shop.example.com" },
    certificate: {
      keyVaultSecretId: "https://shop-certs.vault.azure.net/secrets/api-cert",
      keyVaultId: "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/certs/providers/Microsoft.KeyVault/vaults/shop-certs",
    },
  },
  backends: { orders: { url: "https://orders.shop.example.com" } },
  routes: { health: { path: "/health", methods: ["GET"], backend: "orders", public: true } },
};

/** Certificates the documents name. */
export interface Certificates {
  readonly root: string;
  /** Leaf alone. */
  readonly leaf: string;
  /** Leaf and root. */
  readonly chain: string;
  readonly clientChain: string;
  /** A chain with keys that are not RSA. */
  readonly ecChain: string;
}

export const text = (patch: unknown): string => JSON.stringify(mergePatch(BASE, patch));

const LOGIN = {
  issuer: "https://login.example.com",
  audiences: ["shop"],
  jwksUri: "https://login.example.com/jwks.json",
  scopes: ["orders.read"],
};
const ZONE = "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/dns/providers/Microsoft.Network/dnsZones/";

/** Each with the reason it stands for. */
export function refusedDocuments(a: Certificates): readonly (readonly [title: string, patch: unknown])[] {
  const provider = (fields: object, azure: object = {}) => ({
    jwt: { providers: { login: { ...LOGIN, ...fields } } },
    azure: {
      openIdConfigurations: { login: "https://login.example.com/.well-known/openid-configuration" },
      accept: ["keyCache"],
      ...azure,
    },
    routes: { health: { public: null, require: [{ jwt: "login" }] } },
  });
  const tier = (name: string, more: object = {}) => ({ tier: name, ...more });
  const limit = (requests: number, per: string, burst?: number) => ({
    rateLimit: { requests, per, ...(burst === undefined ? {} : { burst }) },
    azure: { accept: ["approximateLimits"] },
  });
  const mtls = (fields: object = {}) => ({ tls: { clientValidation: { caCertificates: [a.root], mode: "Required", ...fields } } });
  const imported = (fullchain: string) => ({
    azure: { certificate: null },
    tls: { certificate: { source: "imported", fullchain, privateKey: { secret: "front-key" } } },
  });
  const backend = (fields: object) => ({ backends: { orders: fields } });
  const routes = (count: number, route: (index: number) => object) => ({
    routes: Object.fromEntries([
      ["health", null],
      ...Array.from({ length: count }, (_, index) => [
        `r${index}`,
        { path: `/r${index}`, methods: ["GET"], backend: "orders", public: true, ...route(index) },
      ]),
    ]),
  });
  const network = (fields: object, name = "Premium") => ({ azure: { tier: name, network: fields } });
  const onPremises = { network: { type: "onPremises", addresses: ["10.20.0.10"] } };
  return [
    [
      "keyed limits on Consumption",
      {
        ...limit(10, "second"),
        azure: tier("Consumption", { accept: ["approximateLimits", "platformCiphers"] }),
        observability: { accessLogs: { enabled: false } },
      },
    ],
    ["cipher settings on v2", { azure: tier("StandardV2") }],
    [
      "authorities on v2",
      { azure: tier("BasicV2", { accept: ["platformCiphers"] }), ...backend({ tls: { trust: null, caCertificates: [a.root] } }) },
    ],
    ["client certificates on v2", { azure: tier("StandardV2", { accept: ["platformCiphers"] }), ...mtls() }],
    ["client certificates behind Front Door", { azure: { certificate: null }, edge: "cdn", ...mtls() }],
    ["a chain without its top", imported(a.leaf)],
    ["keys that are not RSA", imported(a.ecChain)],
    ["a window over 300 s", limit(100, "hour")],
    ["a window under 1 s", limit(100, "second", 10)],
    [
      "more than 50 limits",
      { ...routes(51, (index) => ({ rateLimit: { requests: index + 1, per: "second" } })), azure: { accept: ["approximateLimits"] } },
    ],
    [
      "a policy over its size",
      routes(2600, (index) => ({ path: `/a-rather-long-first-segment/${index}/{id}`, methods: ["GET", "POST", "PUT"] })),
    ],
    [
      "a policy over Consumption's size",
      {
        ...routes(300, () => ({})),
        azure: tier("Consumption", { accept: ["platformCiphers"] }),
        observability: { accessLogs: { enabled: false } },
      },
    ],
    ["limits that are not exact", { rateLimit: { requests: 10, per: "second" } }],
    ["TLS 1.3 alone", { tls: { minimumVersion: "1.3" } }],
    ["a managed certificate from nowhere", { azure: { certificate: null } }],
    [
      "a free certificate on v2",
      {
        azure: tier("BasicV2", {
          certificate: { keyVaultSecretId: null, keyVaultId: null, freeManaged: true },
          accept: ["platformCiphers"],
        }),
      },
    ],
    [
      "ACME without a zone",
      { azure: { certificate: null }, tls: { certificate: { source: "acme", email: "ops@example.com", keyType: "RSA2048" } } },
    ],
    [
      "ACME with an EC key",
      {
        azure: { certificate: null },
        dns: { zone: `${ZONE}shop.example.com` },
        tls: { certificate: { source: "acme", email: "ops@example.com" } },
      },
    ],
    ["a private certificate at Front Door", { azure: { certificate: null }, edge: "cdn", tls: { certificate: { source: "internal" } } }],
    ["names that are no DNS names", { ...mtls({ subjectAltNames: ["spiffe://shop/partner"] }) }],
    ["a firewall without Front Door", { waf: "managed" }],
    ["DDoS protection without a network", { ddos: "advanced" }],
    [
      "Front Door before an internal service",
      { azure: tier("Premium", { certificate: null, network: { mode: "internal" } }), edge: "cdn" },
    ],
    ["a zone by name", { dns: { zone: "shop.example.com" } }],
    ["another zone", { dns: { zone: `${ZONE}elsewhere.example` } }],
    ["keys without an OpenID configuration", provider({}, { openIdConfigurations: {} })],
    [
      "two providers with an issuer and an audience in common",
      {
        ...provider(
          {},
          {
            openIdConfigurations: {
              login: "https://login.example.com/.well-known/openid-configuration",
              again: "https://login.example.com/again/.well-known/openid-configuration",
            },
          },
        ),
        jwt: { providers: { login: LOGIN, again: { ...LOGIN, audiences: [...LOGIN.audiences, "again"] } } },
        routes: { health: { public: null, require: [{ jwt: ["login", "again"] }] } },
      },
    ],
    ["a cache not accepted", provider({}, { accept: [] })],
    ["another algorithm", provider({ algorithms: ["ES256"] })],
    ["keys of a private server", provider({ jwksTls: { caCertificates: [a.root] } })],
    [
      "an inline key without a kid",
      provider(
        { jwksUri: null, jwks: JSON.stringify({ keys: [{ kty: "RSA", n: "AQAB".repeat(90), e: "AQAB" }] }) },
        { openIdConfigurations: null },
      ),
    ],
    ["a pinned certificate", backend({ tls: { trust: "pinned", certificate: a.chain.slice(0, a.chain.indexOf("-----END") + 26) } })],
    ["another server name", backend({ tls: { serverName: "other.example.com" } })],
    ["the public host name", backend({ preserveHost: true })],
    ["a health check", backend({ healthCheck: { path: "/healthz" } })],
    ["retries after failed connections", backend({ retries: { attempts: 2 } })],
    ["a private backend without a network", backend({ network: { type: "private", addresses: ["10.0.0.9"] } })],
    ["a backend on premises without a line", { ...backend(onPremises), ...network({ mode: "internal" }) }],
    [
      "a backend on premises on the wrong tier",
      { ...backend(onPremises), ...network({ mode: "external", onPremises: { type: "existing" } }, "Standard") },
    ],
    [
      "gRPC",
      {
        backends: { orders: { protocol: "grpc" } },
        routes: { health: null, stock: { grpc: { service: "shop.Inventory" }, backend: "orders", public: true } },
      },
    ],
    ["a timeout beyond the platform's", { routes: { health: { timeout: "600s" } } }],
    [
      "weights over 100",
      {
        backends: { next: { url: "https://next.shop.example.com" } },
        routes: {
          health: {
            backend: null,
            backends: [
              { name: "orders", weight: 900 },
              { name: "next", weight: 100 },
            ],
          },
        },
      },
    ],
    ["traces elsewhere", { observability: { tracing: { endpoint: "https://traces.example.com" } } }],
    ["a log kept too long", { observability: { accessLogs: { retentionDays: 1000 } } }],
    ["alarms without a log", { observability: { accessLogs: { enabled: false }, alarms: { notify: ["mailto:ops@example.com"] } } }],
    ["no publisher", { azure: { publisher: null } }],
    ["zones on Standard", { azure: { service: { zones: ["1", "2"], units: 2 } } }],
    ["more zones than units", { azure: tier("Premium", { service: { zones: ["1", "2", "3"], units: 2 } }) }],
    [
      "an existing service of an unknown tier",
      {
        azure: {
          tier: "auto",
          certificate: { keyVaultSecretId: null, keyVaultId: null, freeManaged: true },
          service: {
            name: "mine",
            existing:
              "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/p/providers/Microsoft.ApiManagement/service/company-api",
          },
        },
      },
    ],
    [
      "a certificate for a service of others",
      {
        ...imported(a.chain),
        azure: {
          certificate: null,
          service: {
            existing:
              "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/p/providers/Microsoft.ApiManagement/service/company-api",
          },
        },
      },
    ],
    ["a restore without a name", { azure: { service: { restore: true } } }],
    ["a secret without its vault", { azure: { certificate: { keyVaultId: null } } }],
    [
      "a self-hosted gateway on Standard",
      { azure: { selfHostedGateway: { location: "Osaka", image: "mcr.microsoft.com/azure-api-management/gateway:2.9.0" } } },
    ],
    [
      "replicas on Developer",
      {
        azure: tier("Developer", {
          selfHostedGateway: { location: "Osaka", replicas: 2, image: "mcr.microsoft.com/azure-api-management/gateway:2.9.0" },
        }),
      },
    ],
    [
      "a self-hosted gateway with a free certificate",
      {
        azure: tier("Premium", {
          certificate: { keyVaultSecretId: null, keyVaultId: null, freeManaged: true },
          selfHostedGateway: { location: "Osaka", image: "mcr.microsoft.com/azure-api-management/gateway:2.9.0" },
        }),
      },
    ],
    [
      "a self-hosted gateway of a service of others",
      {
        azure: tier("Premium", {
          service: {
            existing:
              "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/p/providers/Microsoft.ApiManagement/service/company-api",
          },
          selfHostedGateway: { location: "Osaka", image: "mcr.microsoft.com/azure-api-management/gateway:2.9.0" },
        }),
      },
    ],
    [
      "a tunnel that leads elsewhere and to the network itself",
      {
        ...backend(onPremises),
        ...network({
          mode: "internal",
          onPremises: {
            type: "vpn",
            gatewayAddress: "203.0.113.12",
            addressSpaces: ["10.21.0.0/16", "10.240.0.0/16"],
            sharedKey: { secret: "vpn-key" },
          },
        }),
      },
    ],
    [
      "two sets of addresses for one name",
      {
        backends: { orders: onPremises, stock: { url: "https://orders.shop.example.com/stock" } },
        routes: { stock: { path: "/stock", methods: ["GET"], backend: "stock", public: true } },
        ...network({ mode: "internal", onPremises: { type: "existing" } }),
      },
    ],
    [
      "a backend by IPv6 in a network of IPv4",
      { ...backend({ network: { type: "private", addresses: ["fd00:db8::20"] } }), ...network({ mode: "external" }) },
    ],
    [
      "a free certificate inside a network",
      {
        azure: tier("Premium", {
          certificate: { keyVaultSecretId: null, keyVaultId: null, freeManaged: true },
          network: { mode: "internal" },
        }),
      },
    ],
    ["an address space too small", network({ mode: "internal", addressSpace: "10.240.0.0/28" })],
    [
      "a line from a subnet of others",
      network({
        mode: "internal",
        subnetId:
          "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/corp/subnets/apim",
        onPremises: {
          type: "expressRoute",
          circuitId:
            "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/n/providers/Microsoft.Network/expressRouteCircuits/osaka",
        },
      }),
    ],
    [
      "an OpenID configuration of nobody",
      { azure: { openIdConfigurations: { nobody: "https://nobody.example.com/.well-known/openid-configuration" } } },
    ],
    [
      "a quota on v2",
      {
        apiKeys: { header: "x-api-key" },
        plans: { gold: { quota: { requests: 1000, per: "day" } } },
        consumers: { acme: { plan: "gold" } },
        routes: { health: { public: null, require: [{ apiKey: true }] } },
        azure: tier("StandardV2", { accept: ["approximateLimits", "platformCiphers"] }),
      },
    ],
    [
      "a client certificate that is a server's",
      backend({ tls: { clientCertificate: { certificate: a.chain, privateKey: { secret: "client-key" } } } }),
    ],
  ];
}
