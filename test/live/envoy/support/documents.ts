import type { LiveDocument } from "../../../support/live-gateway.ts";
import type { Lab } from "./lab.ts";

const HOST = "api.test";

const anyone = (path: string, backend: string, more: object = {}) => ({ path, methods: ["GET"], backend, public: true, ...more });
const asking = (path: string, require: object[], more: object = {}) => ({ path, methods: ["GET"], backend: "main", require, ...more });

/** Nearly every control at once, none of which is in the way of the others. */
export function openDocument(lab: Lab): LiveDocument {
  const { keyServers, issuers, partnerAuthority, clientAuthority } = lab;
  const internalKeys = (name: "login" | "dark" | "down") => ({
    issuer: issuers[name].issuer,
    audiences: [issuers[name].audience],
    jwksUri: `https://127.0.0.1:${keyServers[name]}/jwks.json`,
    jwksTls: { trust: "internal" },
  });
  return {
    name: "open",
    hostname: HOST,
    tls: {
      certificate: { source: "internal" },
      clientValidation: { caCertificates: [clientAuthority.root], mode: "Optional" },
    },
    jwt: {
      providers: {
        login: {
          ...internalKeys("login"),
          algorithms: ["RS256", "ES256"],
          scopes: ["read", "write"],
          claimToHeaders: { "x-tenant": "tenant", "x-role": "realm.role" },
          clockSkew: "30s",
        },
        partner: { issuer: issuers.partner.issuer, audiences: [issuers.partner.audience], jwks: issuers.partner.jwks, forward: true },
        dark: internalKeys("dark"),
        down: internalKeys("down"),
      },
    },
    apiKeys: { header: "x-api-key" },
    plans: {
      gold: { quota: { requests: 1000, per: "day" } },
      small: { rateLimit: { requests: 4, per: "hour" } },
      trial: { quota: { requests: 3, per: "month" } },
    },
    consumers: { acme: { plan: "gold" }, corner: { plan: "small" }, taster: { plan: "trial" }, loner: {} },
    cors: {
      allowOrigins: ["https://shop.test"],
      allowMethods: ["GET", "POST"],
      allowHeaders: ["authorization"],
      exposeHeaders: ["x-total"],
    },
    limits: { url: "2KiB", headers: "8KiB", body: "16KiB" },
    headers: {
      request: { set: { "x-edge": "gateway" }, remove: ["x-unwanted"] },
      response: { set: { "x-content-type-options": "nosniff" } },
    },
    backends: openBackends(lab),
    routes: openRoutes(),
    observability: {
      accessLogs: { headers: ["user-agent"] },
      tracing: { samplingPercent: 100, endpoint: `http://127.0.0.1:${lab.collector.port}` },
    },
  };

  function openBackends({ backends, certificates }: Lab) {
    const url = (name: keyof Lab["backends"], base = "") => `https://127.0.0.1:${backends[name].port}${base}`;
    const internal = { trust: "internal", clientCertificate: "internal" };
    const partner = { trust: "ca", caCertificates: [partnerAuthority.root] };
    return {
      main: { url: url("main"), tls: internal },
      based: { url: url("main", "/base"), tls: internal },
      unshown: { url: url("main"), tls: { trust: "internal" } },
      canary: { url: url("canary"), tls: partner },
      stranger: { url: url("foreign"), tls: { trust: "internal" } },
      strangerCa: { url: url("foreign"), tls: partner },
      strangerPublic: { url: url("foreign") },
      publicly: { url: url("publicly") },
      pinned: { url: url("pinned"), tls: { trust: "pinned", certificate: certificates.pinned.certificate } },
      otherPinned: { url: url("pinned"), tls: { trust: "pinned", certificate: certificates.otherPinned.certificate } },
      expired: { url: url("expired"), tls: partner },
      unverified: { url: url("expired"), tls: { trust: "unverified", reason: "a test of what nobody verifies" } },
      named: { url: url("named"), tls: { ...partner, serverName: "core.test" } },
      misnamed: { url: url("named"), tls: { ...partner, serverName: "other.test" } },
      imported: { url: url("strict"), tls: { ...partner, clientCertificate: IMPORTED(lab) } },
      near: {
        url: `https://orders.near.test:${backends.canary.port}`,
        tls: { ...partner, serverName: "localhost" },
        network: { type: "private", addresses: ["127.0.0.1"] },
      },
      premises: {
        url: `https://orders.premises.test:${backends.canary.port}`,
        tls: { ...partner, serverName: "localhost" },
        network: { type: "onPremises", addresses: ["127.0.0.1"] },
      },
      preserving: { url: url("canary"), tls: partner, preserveHost: true },
      slow: { url: url("slow"), tls: { trust: "internal" }, timeout: "500ms", connectTimeout: "400ms" },
      flaky: { url: url("flaky"), tls: { trust: "internal" }, retries: { attempts: 2, on: ["unavailable"] } },
      fragile: {
        url: url("fragile"),
        tls: { trust: "internal" },
        circuitBreaker: { consecutiveErrors: 3, ejectionTime: "1s", maxRequests: 1 },
      },
      checked: { url: url("checked"), tls: { trust: "internal" }, healthCheck: { path: "/health", interval: "1s" } },
      failing: {
        url: url("flaky"),
        tls: { trust: "internal" },
        circuitBreaker: { consecutiveErrors: 3, ejectionTime: "3s" },
        healthCheck: { path: "/health", interval: "1s" },
      },
      grpc: { url: url("grpc"), tls: { trust: "internal" }, protocol: "grpc" },
    };
  }
}

/** The key is a material of the test; the document only names its secret. */
const IMPORTED = ({ certificates }: Lab) => ({ certificate: certificates.atPartner.certificate, privateKey: { secret: "partner-key" } });

function openRoutes() {
  const login = { jwt: "login" };
  return {
    exact: anyone("/exact", "main"),
    template: anyone("/things/{id}", "main", { methods: ["GET", "PUT"] }),
    special: anyone("/things/special", "main", { headers: { request: { set: { "x-route": "special" } } } }),
    prefix: anyone("/files/*", "main"),
    deeper: anyone("/files/private/*", "main", { headers: { request: { set: { "x-route": "deeper" } } } }),
    send: { path: "/exact", methods: ["POST"], backend: "main", public: true },
    rewritten: anyone("/old/{a}/{b}", "based", { rewrite: { path: "/new/{b}/{a}" } }),
    based: anyone("/based/*", "based"),
    changed: anyone("/changed", "main", {
      headers: {
        request: { set: { "x-set": "50%" }, add: { "x-added": "more" }, remove: ["x-route-unwanted"] },
        response: { set: { "x-frame-options": "DENY" }, remove: ["x-backend"] },
      },
    }),
    weighted: {
      path: "/weighted",
      methods: ["GET"],
      backends: [
        { name: "main", weight: 3 },
        { name: "canary", weight: 1 },
      ],
      public: true,
    },
    stock: { grpc: { service: "shop.Inventory" }, backend: "grpc", public: true },
    stockToken: { grpc: { service: "shop.Inventory", method: "Set" }, backend: "grpc", require: [login] },
    slow: anyone("/slow", "slow"),
    big: anyone("/big", "main", { methods: ["POST"], bodyLimit: "64KiB" }),
    token: asking("/token", [login]),
    scoped: asking("/scoped", [{ ...login, scopes: ["read", "write"] }]),
    claims: asking("/claims", [{ ...login, claims: { tenant: ["blue", "green"], admin: "true", "realm.role": "clerk" } }]),
    twoIssuers: asking("/two-issuers", [{ jwt: ["login", "partner"] }]),
    partner: asking("/partner", [{ jwt: "partner" }]),
    dark: asking("/dark", [{ jwt: "dark" }]),
    down: asking("/down", [{ jwt: "down" }]),
    key: asking("/key", [{ apiKey: true }]),
    keyGold: asking("/key-gold", [{ apiKey: { plans: ["gold"] } }]),
    certificate: asking("/certificate", [{ clientCertificate: true }]),
    certificateNamed: asking("/certificate-named", [{ clientCertificate: { subjectAltNames: ["machine.test"] } }]),
    any: asking("/any", [{ ...login, scopes: ["read"] }, { apiKey: true }]),
    all: asking("/all", [{ ...login, apiKey: true }]),
    corsOther: anyone("/cors-other", "main", { cors: { allowOrigins: ["https://other.test"], allowCredentials: true } }),
    corsOff: anyone("/cors-off", "main", { cors: null }),
    here: anyone("/here", "main", { access: { allowCidrs: ["127.0.0.0/8"] } }),
    elsewhere: anyone("/elsewhere", "main", { access: { allowCidrs: ["192.0.2.0/24"] } }),
    limited: anyone("/limited", "main", { rateLimit: { requests: 3, per: "hour", key: "gateway" } }),
    limitedIp: anyone("/limited-ip", "main", { rateLimit: { requests: 3, per: "hour", key: "clientIp" } }),
    limitedConsumer: asking("/limited-consumer", [{ apiKey: true }], { rateLimit: { requests: 3, per: "hour", key: "consumer" } }),
    limitedClaim: asking("/limited-claim", [login], { rateLimit: { requests: 3, per: "hour", key: "jwtClaim:sub" } }),
    limitedHeader: asking("/limited-header", [{ apiKey: true }], { rateLimit: { requests: 3, per: "hour", key: "header:x-device" } }),
    unshown: anyone("/unshown", "unshown"),
    stranger: anyone("/stranger", "stranger"),
    strangerCa: anyone("/stranger-ca", "strangerCa"),
    strangerPublic: anyone("/stranger-public", "strangerPublic"),
    publicly: anyone("/publicly", "publicly"),
    canary: anyone("/canary", "canary"),
    pinned: anyone("/pinned", "pinned"),
    otherPinned: anyone("/other-pinned", "otherPinned"),
    expired: anyone("/expired", "expired"),
    unverified: anyone("/unverified", "unverified"),
    named: anyone("/named", "named"),
    misnamed: anyone("/misnamed", "misnamed"),
    imported: anyone("/imported", "imported"),
    near: anyone("/near", "near"),
    premises: anyone("/premises", "premises"),
    preserving: anyone("/preserving", "preserving"),
    flaky: anyone("/flaky", "flaky", { methods: ["GET", "POST"] }),
    fragile: anyone("/fragile", "fragile"),
    failing: anyone("/failing", "failing"),
    checked: anyone("/checked", "checked"),
  };
}

/** The front door at its strictest. */
export function closedDocument(lab: Lab): LiveDocument {
  const { clients, clientAuthority, backends } = lab;
  return {
    name: "closed",
    hostname: HOST,
    tls: {
      certificate: { source: "imported", fullchain: lab.closedFront.chain, privateKey: { secret: "front-key" } },
      minimumVersion: "1.3",
      clientValidation: {
        caCertificates: [clientAuthority.root],
        subjectAltNames: ["machine.test"],
        certificateHashes: [clients.named.hash, clients.unnamed.hash],
      },
    },
    http: "refuse",
    clientIp: { trustedHops: 1 },
    access: { allowCidrs: ["192.0.2.0/24"], denyCidrs: ["192.0.2.66/32"] },
    rateLimit: [
      { requests: 8, per: "hour", key: "clientIp" },
      { requests: 60, per: "hour", key: "gateway" },
    ],
    backends: {
      canary: { url: `https://127.0.0.1:${backends.canary.port}`, tls: { trust: "ca", caCertificates: [lab.partnerAuthority.root] } },
    },
    routes: { hello: anyone("/hello", "canary") },
  };
}
