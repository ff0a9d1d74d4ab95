import type { TestCertificates } from "./certificates.ts";
import { Dice } from "./dice.ts";
import { tidy } from "./tidy.ts";

/** A gateway document as a value, and what its stack's configuration holds. */
export interface ProofDocument {
  readonly value: Record<string, unknown>;
  readonly secrets: Readonly<Record<string, string>>;
}

type Fields = Record<string, unknown>;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"];
const CIDRS = ["192.0.2.0/24", "198.51.100.0/25", "203.0.113.7/32", "10.20.0.0/16", "2001:db8:1::/48", "172.16.8.0/21", "192.0.2.128/26"];
const WORDS = ["orders", "items", "users", "feed", "admin", "stock", "files", "v1", "reports", "tenants"];

/**
 * A random document. Every field can appear; plain settings are more frequent than odd ones, so that most documents keep something after what
 * a cloud refuses is taken out. Equal seeds give equal documents.
 */
export function randomDocument(seed: number, certificates: TestCertificates): ProofDocument {
  const dice = new Dice(seed);
  if (dice.chance(0.25)) return { value: plainDocument(dice), secrets: certificates.secrets };
  const hostname = dice.one(["api.shop.example.com", "gw.example.org", "edge.api.example.net"]);
  const providers = dice.chance(0.8) ? named(dice, "idp", dice.between(1, 2), () => provider(dice, certificates)) : {};
  const plans = dice.chance(0.5) ? named(dice, "plan", dice.between(1, 2), () => plan(dice)) : {};
  const consumers = dice.chance(0.7) ? named(dice, "client", dice.between(1, 3), () => consumer(dice, Object.keys(plans))) : {};
  const validation = dice.chance(0.3) ? clientValidation(dice, certificates) : undefined;
  // One network for all, because a cloud that reaches some backends privately refuses what it cannot put in front of the others.
  const inside = dice.chance(0.25) ? dice.one(["private", "onPremises"]) : undefined;
  const backends = named(dice, "backend", dice.between(1, 3), () => ({
    ...backend(dice, hostname.split(".").slice(1).join("."), certificates),
    ...(inside === undefined ? {} : { network: { type: inside, addresses: ["10.0.1.10"] } }),
  }));
  const world: World = {
    providers: Object.keys(providers),
    plans: Object.keys(plans),
    consumers: Object.keys(consumers),
    certificates: validation !== undefined,
    backends: Object.keys(backends),
  };
  const value: Fields = {
    name: dice.one(["shop", "front-door", "edge7"]),
    hostname,
    tls: {
      certificate: certificateSource(dice, certificates),
      ...dice.maybe(0.3, () => ({ minimumVersion: "1.3" })),
      ...(validation === undefined ? {} : { clientValidation: validation }),
      ...dice.maybe(0.3, () => ({
        hsts: {
          maxAgeDays: dice.between(365, 900),
          ...dice.maybe(0.5, () => ({ includeSubdomains: true, ...dice.maybe(0.5, () => ({ preload: true })) })),
        },
      })),
    },
    http: dice.one(["redirect", "refuse"]),
    ...dice.maybe(0.1, () => ({ clientIp: { trustedHops: dice.between(1, 3) } })),
    ...(world.providers.length > 0 ? { jwt: { providers } } : {}),
    ...dice.maybe(0.3, () => ({ apiKeys: { header: dice.one(["x-partner-key", "apikey", "x-shop-key"]) } })),
    plans,
    consumers,
    ...dice.maybe(0.4, () => ({ access: access(dice) })),
    ...dice.maybe(0.5, () => ({ rateLimit: gatewayLimits(dice) })),
    ...dice.maybe(0.5, () => ({ cors: cors(dice) })),
    ...dice.maybe(0.3, () => ({ limits: sizes(dice) })),
    ...dice.maybe(0.3, () => ({ headers: headerChanges(dice) })),
    backends,
    routes: routes(dice, world),
    ...dice.maybe(0.3, () => ({ waf: "managed" })),
    ...dice.maybe(0.1, () => ({ ddos: "advanced" })),
    ...dice.maybe(0.4, () => ({ edge: "cdn" })),
    ...dice.maybe(0.5, () => ({ observability: observability(dice) })),
    ...cloudSections(dice, hostname, world),
  };
  tidy(value);
  return { value, secrets: certificates.secrets };
}

/** A small document of what every cloud has, for the flavours that keep little else. */
function plainDocument(dice: Dice): Fields {
  const scopes = ["orders.read", "orders.write"];
  const value: Fields = {
    name: dice.one(["shop", "front-door"]),
    hostname: "api.shop.example.com",
    tls: { certificate: { source: dice.one(["managed", "managed", "imported"]) } },
    http: dice.one(["redirect", "refuse", "refuse"]),
    jwt: {
      providers: {
        login: {
          issuer: "https://login.example.com",
          audiences: dice.some(["api", "web"], 1),
          jwksUri: "https://login.example.com/keys",
          scopes,
        },
      },
    },
    ...dice.maybe(0.5, () => ({ cors: cors(dice) })),
    limits: { url: "10KiB", headers: "10KiB", body: 10_000_000 },
    backends: { core: { url: `https://core${dice.between(1, 9)}.shop.example.com`, timeout: `${dice.between(3, 20)}s` } },
    routes: Object.fromEntries(
      WORDS.slice(0, dice.between(1, 5)).map((word) => [
        word,
        {
          path: `/${word}`,
          methods: dice.some(METHODS, 1),
          backend: "core",
          ...(dice.chance(0.3)
            ? { public: true }
            : { require: [{ jwt: "login", ...dice.maybe(0.6, () => ({ scopes: [dice.one(scopes)] })) }] }),
        },
      ]),
    ),
    ...dice.maybe(0.5, () => ({ observability: { accessLogs: { retentionDays: dice.one([30, 90]) } } })),
    ...cloudSections(dice, "api.shop.example.com", {
      providers: ["login"],
      plans: [],
      consumers: [],
      certificates: false,
      backends: ["core"],
    }),
  };
  const aws = value.aws as Fields;
  Object.assign(aws, {
    flavour: dice.one(["http", "http", "auto"]),
    http: { accept: ["clientIdAsAudience", "underscoreHeaders", "errorsWithoutHsts"] },
  });
  if ((value.tls as { certificate: Fields }).certificate.source === "imported") value.tls = { certificate: { source: "managed" } };
  tidy(value);
  return value;
}

interface World {
  readonly providers: readonly string[];
  readonly plans: readonly string[];
  readonly consumers: readonly string[];
  readonly certificates: boolean;
  readonly backends: readonly string[];
}

function named(dice: Dice, prefix: string, count: number, make: () => unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}-${"abc"[index]}${dice.between(10, 99)}`, make()]));
}

function certificateSource(dice: Dice, { front }: TestCertificates): Fields {
  return dice.weighted<Fields>([
    [5, { source: "managed" }],
    [
      1,
      { source: "acme", email: "ops@example.com", directory: dice.one(["staging", "production"]), keyType: dice.one(["P256", "RSA2048"]) },
    ],
    [2, { source: "imported", fullchain: front, privateKey: { secret: "front-key" } }],
    [2, { source: "internal" }],
  ]);
}

const clientValidation = (dice: Dice, { authorities, hashes }: TestCertificates): Fields => ({
  caCertificates: dice.some(authorities, 1),
  mode: dice.one(["Required", "Optional"]),
  ...dice.maybe(0.4, () => ({ subjectAltNames: dice.some(["partner.example.com", "spiffe://example.com/batch"], 1) })),
  ...dice.maybe(0.2, () => ({ certificateHashes: dice.some(hashes, 1) })),
});

function provider(dice: Dice, { authorities, jwks }: TestCertificates): Fields {
  const host = `login${dice.between(1, 99)}.example.com`;
  return {
    issuer: `https://${host}`,
    audiences: dice.some([`api-${dice.between(1, 99)}`, `web-${dice.between(1, 99)}`, "https://api.example.com/"], 1),
    ...dice.weighted<Fields>([
      [6, { jwksUri: `https://${host}/.well-known/jwks.json` }],
      [1, { jwks }],
      [
        1,
        {
          jwksUri: `https://${host}/keys`,
          jwksTls: dice.one<Fields>([{ trust: "internal" }, { caCertificates: dice.some(authorities, 1) }]),
        },
      ],
    ]),
    ...dice.maybe(0.3, () => ({ algorithms: dice.some(ALGORITHMS, 1) })),
    scopes: ["orders.read", "orders.write", "admin"],
    ...dice.maybe(0.3, () => ({
      claimToHeaders: { "x-tenant": dice.one(["tenant", "org.id"]), ...dice.maybe(0.4, () => ({ "x-role": "role" })) },
    })),
    ...dice.maybe(0.3, () => ({ clockSkew: `${dice.between(0, 60)}s` })),
    ...dice.maybe(0.2, () => ({ forward: true })),
  };
}

function plan(dice: Dice): Fields {
  const parts = dice.some(["rateLimit", "quota"], 1);
  return {
    ...(parts.includes("rateLimit") ? { rateLimit: bucket(dice) } : {}),
    ...(parts.includes("quota") ? { quota: { requests: dice.between(100, 5_000_000), per: dice.one(["day", "week", "month"]) } } : {}),
  };
}

const consumer = (dice: Dice, plans: readonly string[]): Fields => ({
  ...(plans.length > 0 && dice.chance(0.7) ? { plan: dice.one(plans) } : {}),
  ...dice.maybe(0.3, () => ({ keyGeneration: dice.between(2, 5), ...dice.maybe(0.5, () => ({ keepPreviousKey: true })) })),
});

const ALLOWED = CIDRS.slice(0, 4);
const DENIED = CIDRS.slice(4);

/** Blocks that are allowed and blocks that are denied do not lie in each other, which would be a fault, but for one denied address in an allowed block. */
const access = (dice: Dice): Fields => ({
  ...dice.maybe(0.6, () => ({ allowCidrs: dice.some(ALLOWED, 1) })),
  ...dice.maybe(0.6, () => ({ denyCidrs: dice.some(DENIED, 1) })),
});

function bucket(dice: Dice): Fields {
  const requests = dice.between(1, 400);
  return {
    requests,
    per: dice.weighted([
      [4, "second"],
      [2, "minute"],
      [1, "hour"],
    ]),
    ...dice.maybe(0.8, () => ({ burst: requests * dice.between(1, 60) })),
  };
}

const gatewayLimits = (dice: Dice): Fields[] => dice.some(["gateway", "clientIp"], 1).map((key) => ({ ...bucket(dice), key }));

const cors = (dice: Dice): Fields => ({
  ...(dice.chance(0.15)
    ? { allowAnyOrigin: true }
    : {
        allowOrigins: dice.some(["https://shop.example.com", "https://app.example.org:8443", "http://localhost:3000"], 1),
        ...dice.maybe(0.3, () => ({ allowCredentials: true })),
      }),
  allowMethods: dice.some(METHODS, 1),
  ...dice.maybe(0.6, () => ({ allowHeaders: dice.some(["authorization", "content-type", "x-trace"], 1) })),
  ...dice.maybe(0.3, () => ({ exposeHeaders: dice.some(["x-request-id", "x-total"], 1) })),
  ...dice.maybe(0.3, () => ({ maxAge: `${dice.between(60, 7200)}s` })),
});

const sizes = (dice: Dice): Fields => ({
  url: dice.one(["2KiB", "4KiB", "8KiB", "10KiB"]),
  headers: dice.one(["4KiB", "8KiB", "10KiB", "32KiB"]),
  body: dice.one([65_536, "256KiB", "1MiB", 10_000_000]),
});

const headerChanges = (dice: Dice): Fields => ({
  ...dice.maybe(0.6, () => ({
    request: {
      ...dice.maybe(0.6, () => ({ set: { "x-edge": `zone-${dice.between(1, 9)}` } })),
      ...dice.maybe(0.3, () => ({ add: { "x-via": "gateway" } })),
      ...dice.maybe(0.5, () => ({ remove: ["x-debug"] })),
    },
  })),
  ...dice.maybe(0.6, () => ({
    response: {
      ...dice.maybe(0.6, () => ({ set: { "x-content-type-options": "nosniff" } })),
      ...dice.maybe(0.3, () => ({ add: { "x-served": "gateway" } })),
      ...dice.maybe(0.5, () => ({ remove: ["x-runtime"] })),
    },
  })),
});

function backend(dice: Dice, domain: string, { authorities, pinned, client }: TestCertificates): Fields {
  const host = `svc${dice.between(100, 999)}.${domain}`;
  const tls = dice.weighted<Fields>([
    [6, {}],
    [2, { trust: "internal" }],
    [2, { caCertificates: dice.some(authorities, 1) }],
    [1, { certificate: pinned }],
    [1, { trust: "unverified", reason: "The old core has a certificate nobody can replace this year." }],
  ]);
  return {
    url: `https://${host}${dice.one(["", "", ":8443"])}${dice.one(["", "", "/base"])}`,
    ...dice.maybe(0.1, () => ({ protocol: "grpc" })),
    tls: {
      ...tls,
      ...dice.maybe(0.15, () => ({ serverName: "real-name.example.com" })),
      ...dice.maybe(0.35, () => ({
        clientCertificate: dice.chance(0.6) ? "internal" : { certificate: client, privateKey: { secret: "client-key" } },
      })),
    },
    ...dice.weighted<Fields>([
      [7, {}],
      [1, { network: { type: "private", addresses: ["10.0.1.10", "10.0.2.10"] } }],
      [1, { network: { type: "onPremises", addresses: ["10.9.0.4"] } }],
    ]),
    ...dice.maybe(0.1, () => ({ preserveHost: true })),
    ...dice.maybe(0.4, () => ({ timeout: `${dice.between(5, 25)}s` })),
    ...dice.maybe(0.2, () => ({ connectTimeout: `${dice.between(1, 5)}s` })),
    ...dice.maybe(0.25, () => ({ retries: retries(dice) })),
    ...dice.maybe(0.2, () => ({
      circuitBreaker: {
        consecutiveErrors: dice.between(3, 9),
        ejectionTime: `${dice.between(10, 60)}s`,
        maxRequests: dice.between(50, 900),
      },
    })),
    ...dice.maybe(0.15, () => ({ healthCheck: { path: "/healthz", interval: `${dice.between(5, 30)}s` } })),
  };
}

const retries = (dice: Dice): Fields => ({
  attempts: dice.between(1, 3),
  on: dice.some(["connectFailure", "unavailable", "gatewayError"], 1),
  ...dice.maybe(0.2, () => ({ perTryTimeout: "1s" })),
  ...dice.maybe(0.2, () => ({ nonIdempotent: true })),
});

function routes(dice: Dice, world: World): Fields {
  const count = dice.between(1, 6);
  const entries: [string, Fields][] = [];
  for (let index = 0; index < count; index += 1) entries.push([`route-${"abcdef"[index]}`, route(dice, world, index)]);
  return Object.fromEntries(entries);
}

function route(dice: Dice, world: World, index: number): Fields {
  const word = `${WORDS[(index * 3 + dice.between(0, 2)) % WORDS.length]}${index}`;
  const path = dice.weighted([
    [4, `/${word}`],
    [3, `/${word}/{id}`],
    [2, `/${word}/*`],
    [1, `/${word}/{id}/parts/{part}`],
  ]);
  const grpc = dice.chance(0.06);
  const requirement = alternatives(dice, world);
  return {
    ...(grpc
      ? { grpc: { service: `shop.${word[0]?.toUpperCase()}${word.slice(1)}`, ...dice.maybe(0.5, () => ({ method: "Get" })) } }
      : { path, methods: dice.some(METHODS, 1) }),
    ...(world.backends.length > 1 && dice.chance(0.15)
      ? { backends: world.backends.slice(0, 2).map((name) => ({ name, weight: dice.between(1, 9) * 10 })) }
      : { backend: dice.one(world.backends) }),
    ...(requirement.length === 0 ? { public: true } : { require: requirement }),
    ...dice.maybe(0.15, () => ({ access: access(dice) })),
    ...dice.maybe(0.3, () => ({ rateLimit: routeLimits(dice, requirement) })),
    ...dice.maybe(0.1, () => ({ cors: dice.chance(0.5) ? null : cors(dice) })),
    ...dice.maybe(0.2, () => ({ bodyLimit: dice.one(["64KiB", "128KiB", "2MiB"]) })),
    ...dice.maybe(0.3, () => ({ timeout: `${dice.between(1, 20)}s` })),
    ...dice.maybe(0.1, () => ({ retries: dice.chance(0.5) ? null : retries(dice) })),
    ...dice.maybe(0.15, () => ({ headers: headerChanges(dice) })),
    ...(grpc || !dice.chance(0.15) ? {} : { rewrite: { path: rewriteOf(path) } }),
  };
}

function rewriteOf(path: string): string {
  if (path.endsWith("/*")) return "/moved/*";
  return path.includes("{id}") ? "/moved/{id}" : "/moved";
}

function alternatives(dice: Dice, world: World): Fields[] {
  const kinds = [
    ...(world.providers.length > 0 ? ["jwt", "jwt", "jwt"] : []),
    ...(world.consumers.length > 0 ? ["apiKey", "apiKey"] : []),
    ...(world.certificates ? ["clientCertificate"] : []),
  ];
  if (kinds.length === 0 || dice.chance(0.2)) return [];
  const count = dice.weighted([
    [6, 1],
    [2, 2],
  ]);
  const made = Array.from({ length: count }, () => {
    const credentials = [...new Set([dice.one(kinds), ...(dice.chance(0.15) ? [dice.one(kinds)] : [])])];
    return Object.assign({}, ...credentials.map((kind) => credential(dice, world, kind))) as Fields;
  });
  return [...new Map(made.map((one) => [JSON.stringify(one), one])).values()];
}

function credential(dice: Dice, { providers, plans }: World, kind: string): Fields {
  if (kind === "jwt")
    return {
      jwt: providers.length > 1 && dice.chance(0.3) ? [...providers] : dice.one(providers),
      ...dice.maybe(0.6, () => ({ scopes: dice.some(["orders.read", "orders.write", "admin"], 1) })),
      ...dice.maybe(0.3, () => ({
        claims: { role: dice.one<unknown>(["staff", ["staff", "boss"]]), ...dice.maybe(0.3, () => ({ "org.id": "7" })) },
      })),
    };
  if (kind === "apiKey") return { apiKey: plans.length > 0 && dice.chance(0.4) ? { plans: dice.some(plans, 1) } : true };
  return {
    clientCertificate: dice.chance(0.5) ? true : { subjectAltNames: dice.some(["partner.example.com", "spiffe://example.com/batch"], 1) },
  };
}

function routeLimits(dice: Dice, requirement: readonly Fields[]): Fields[] {
  const keys = ["gateway", "clientIp"];
  if (requirement.length > 0 && requirement.every((one) => "apiKey" in one)) keys.push("consumer");
  if (requirement.length > 0 && requirement.every((one) => "jwt" in one)) keys.push("jwtClaim:sub");
  if (requirement.length > 0) keys.push("header:x-tenant-id");
  return dice
    .some(keys, 1)
    .slice(0, 2)
    .map((key) => ({ ...bucket(dice), key }));
}

const observability = (dice: Dice): Fields => ({
  ...dice.maybe(0.7, () => ({
    accessLogs: {
      enabled: dice.chance(0.9),
      retentionDays: dice.one([7, 30, 90, 365]),
      ...dice.maybe(0.3, () => ({ headers: dice.some(["user-agent", "referer"], 1) })),
    },
  })),
  ...dice.maybe(0.2, () => ({ metrics: false })),
  ...dice.maybe(0.4, () => ({ tracing: dice.chance(0.5) ? true : { samplingPercent: dice.between(1, 50) } })),
  ...dice.maybe(0.4, () => ({
    alarms: {
      notify: ["mailto:ops@example.com", ...(dice.chance(0.3) ? ["https://hooks.example.com/alarm"] : [])],
      errorRatePercent: dice.between(1, 20),
      latencyMs: dice.between(200, 4000),
      certificateDays: dice.between(10, 30),
    },
  })),
});

function cloudSections(dice: Dice, hostname: string, world: World): Fields {
  const tier = dice.weighted([
    [1, "auto"],
    [1, "Consumption"],
    [2, "Developer"],
    [1, "Basic"],
    [2, "Standard"],
    [3, "Premium"],
    [1, "BasicV2"],
    [1, "StandardV2"],
    [1, "PremiumV2"],
  ]);
  return {
    aws: {
      flavour: dice.weighted([
        [3, "rest"],
        [2, "http"],
        [1, "auto"],
      ]),
      ...dice.maybe(0.5, () => ({ region: "eu-central-1" })),
      ...dice.maybe(0.7, () => ({ http: { accept: ["clientIdAsAudience", "underscoreHeaders", "errorsWithoutHsts"] } })),
      ...dice.maybe(0.4, () => ({ cloudwatchRole: "create" })),
      ...dice.maybe(0.4, () => ({ authorizer: { reservedConcurrency: dice.between(10, 500), cacheSeconds: dice.one([0, 0, 30]) } })),
      network: { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"] },
    },
    azure: {
      publisher: { name: "Shop", email: "api@example.com" },
      tier,
      accept: dice.chance(0.85)
        ? ["approximateLimits", "keyCache", "platformCiphers", "publicRoots", "sharedTrust"]
        : ["approximateLimits"],
      ...dice.maybe(0.8, () => ({
        certificate: {
          keyVaultSecretId: "https://shop-certs.vault.azure.net/secrets/api-cert",
          keyVaultId:
            "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/certs/providers/Microsoft.KeyVault/vaults/shop-certs",
        },
      })),
      ...(world.providers.length > 0 && dice.chance(0.9)
        ? {
            openIdConfigurations: Object.fromEntries(
              world.providers.map((name) => [name, `https://${name}.example.com/.well-known/openid-configuration`]),
            ),
          }
        : {}),
    },
    gcp: {
      project: "shop-test-1",
      region: "europe-west3",
      ...dice.maybe(0.2, () => ({ run: { minInstances: 2, maxInstances: dice.between(5, 50), deletionProtection: true } })),
      ...dice.maybe(0.3, () => ({ cloudArmorEnterprise: true })),
    },
    local: { address: "127.0.0.1" },
    ...dice.maybe(0.4, () => ({
      dns: {
        zone: dice.one([
          hostname.split(".").slice(1).join("."),
          "shop",
          `/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/dns/providers/Microsoft.Network/dnsZones/${hostname.split(".").slice(1).join(".")}`,
        ]),
      },
    })),
  };
}
