import { X509Certificate } from "node:crypto";
import type * as grpc from "@grpc/grpc-js";
import { Certificates, createInventory, serverCredentials } from "../../../../examples/shop/inventory/inventory.ts";
import { createAuthority, issueLeaf, privatePem } from "../../../../verify/credentials/certificates.ts";
import type { KeyPair } from "../../../../verify/wire/connect.ts";
import { selfSigned, TestAuthority, type TestKeyPair } from "../../../support/live/certificates.ts";
import type { LiveDocument } from "../../../support/live-gateway.ts";
import { type EchoBackend, startEchoBackend } from "./echo-backend.ts";
import { issuerKeys, startKeyServer, type TestIssuerKeys, wrongPairs, wrongPairsOfPinned } from "./materials.ts";

/** What stands around the gateways of this suite: backends, issuers, authorities. */
export interface Surroundings {
  readonly authority: TestAuthority;
  /** Of the backends that are trusted by `ca`. */
  readonly backendAuthority: TestAuthority;
  /** Stands for the public roots. */
  readonly publicAuthority: TestAuthority;
  /** Of client certificates at the front door. */
  readonly clientAuthority: KeyPair;
  readonly login: TestIssuerKeys;
  readonly partner: TestIssuerKeys;
  readonly ports: Readonly<Record<"orders" | "catalog" | "canary" | "core" | "partner" | "legacy" | "inventory" | "keys", number>>;
  readonly pinned: string;
  /** What the gateway shows to the partner's backend. */
  readonly gatewayAtPartner: KeyPair;
  /** Certificate of the closed gateway. */
  readonly closedFront: TestKeyPair;
  /** A client both gateways accept. */
  readonly machine: KeyPair;
  stop(): Promise<void>;
}

export async function startSurroundings(): Promise<Surroundings> {
  const [authority, backendAuthority, publicAuthority] = await Promise.all([
    TestAuthority.create("Gateway Root"),
    TestAuthority.create("Backend Root"),
    TestAuthority.create("Public Root"),
  ]);
  const clients = await createAuthority("Client Root");
  const clientAuthority = { certificate: clients.certificate, privateKey: await privatePem(clients.keys.privateKey) };
  const pinned = await selfSigned({ dnsNames: ["core.test"] });
  const stops: (() => Promise<void>)[] = [];
  const kept = <T extends { stop(): Promise<void> }>(thing: T): T => {
    stops.push(() => thing.stop());
    return thing;
  };
  const backend = async (name: string, host: string, of: TestAuthority, callers: string | undefined): Promise<EchoBackend> =>
    kept(
      await startEchoBackend({
        name,
        certificate: await of.issue({ dnsNames: [host] }),
        clientAuthority: callers,
        wrong: await wrongPairs(host, of),
      }),
    );
  const orders = await backend("orders", "orders.internal.test", authority, authority.root);
  const catalog = await backend("catalog", "localhost", publicAuthority, undefined);
  const canary = await backend("canary", "localhost", publicAuthority, undefined);
  const partner = await backend("partner", "partner.test", backendAuthority, clients.certificate);
  const core = kept(
    await startEchoBackend({
      name: "core",
      certificate: pinned,
      clientAuthority: undefined,
      wrong: await wrongPairsOfPinned("core.test"),
    }),
  );
  const legacy = await backend("legacy", "other-name.test", await TestAuthority.create("Nobody"), undefined);
  const login = issuerKeys("login", "RS256", ["orders.read", "orders.write", "stock.read"]);
  const partnerKeys = issuerKeys("partner", "ES256", ["feed.read"]);
  const keys = kept(await startKeyServer(await backendAuthority.issue({ dnsNames: ["localhost"] }), partnerKeys.jwks));
  const inventory = await startInventory(authority);
  stops.push(inventory.stop);
  return {
    authority,
    backendAuthority,
    publicAuthority,
    clientAuthority,
    login,
    partner: partnerKeys,
    ports: {
      orders: orders.port,
      catalog: catalog.port,
      canary: canary.port,
      core: core.port,
      partner: partner.port,
      legacy: legacy.port,
      inventory: inventory.port,
      keys: keys.port,
    },
    pinned: pinned.certificate,
    gatewayAtPartner: await issueLeaf(clients, { commonName: "gateway", dnsNames: ["gateway.everything.test"] }),
    closedFront: await (await authority.intermediate()).issue({ dnsNames: ["api.closed.test"] }),
    machine: await issueLeaf(clients, { commonName: "machine", dnsNames: ["machine.test"] }),
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

async function startInventory(authority: TestAuthority): Promise<{ port: number; stop: () => Promise<void> }> {
  const certificate = await authority.issue({ dnsNames: ["inventory.test"] });
  const files = {
    cert: Buffer.from(certificate.chain),
    key: Buffer.from(certificate.privateKey),
    ca: Buffer.from(authority.root),
    allowedCallers: new Set(["everything.gateway"]),
  };
  const server: grpc.Server = createInventory(files);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", serverCredentials(new Certificates(files)), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { port, stop: async () => server.forceShutdown() };
}

const sha256 = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();

const LOOPBACK = ["127.0.0.1"];

/** A gateway open to everybody with the right credentials. Together with `closedDocument` it asks for everything a local gateway can do. */
export function openDocument({
  ports,
  backendAuthority,
  clientAuthority,
  pinned,
  login,
  partner,
  gatewayAtPartner,
}: Surroundings): LiveDocument {
  return {
    name: "everything",
    hostname: "api.everything.test",
    tls: {
      certificate: { source: "internal" },
      hsts: { includeSubdomains: true },
      clientValidation: { caCertificates: [clientAuthority.certificate], mode: "Optional" },
    },
    http: "redirect",
    jwt: {
      providers: {
        login: {
          issuer: login.summary.issuer,
          audiences: [login.summary.audience, "second-api"],
          jwks: login.jwks,
          algorithms: ["RS256", "PS256"],
          scopes: login.summary.scopes,
          claimToHeaders: { "x-everything-tenant": "tenant" },
        },
        partner: {
          issuer: partner.summary.issuer,
          audiences: [partner.summary.audience],
          jwksUri: `https://localhost:${ports.keys}/keys`,
          jwksTls: { caCertificates: [backendAuthority.root] },
          algorithms: ["ES256"],
          scopes: partner.summary.scopes,
          forward: true,
        },
      },
    },
    apiKeys: { header: "x-api-key" },
    plans: {
      gold: { rateLimit: { requests: 40, per: "second", burst: 60 }, quota: { requests: 1_000_000, per: "month" } },
      silver: { rateLimit: { requests: 20, per: "second", burst: 30 } },
      trial: { quota: { requests: 25, per: "day" } },
    },
    consumers: {
      acme: { plan: "gold" },
      corner: { plan: "silver" },
      visitor: { plan: "trial" },
    },
    access: { denyCidrs: ["127.66.0.0/16"] },
    rateLimit: [
      { requests: 90, per: "second", burst: 300, key: "gateway" },
      { requests: 60, per: "second", burst: 200, key: "clientIp" },
    ],
    limits: { url: "4KiB", headers: "16KiB", body: "128KiB" },
    cors: {
      allowOrigins: ["https://app.everything.test", "https://other.everything.test:8443"],
      allowMethods: ["GET", "POST"],
      allowHeaders: ["authorization", "content-type"],
      exposeHeaders: ["x-request-id"],
      allowCredentials: true,
    },
    headers: {
      request: { set: { "x-everything": "set" }, remove: ["x-legacy-token"] },
      response: { set: { "x-content-type-options": "nosniff" }, remove: ["x-powered-by"] },
    },
    backends: {
      orders: {
        url: `https://localhost:${ports.orders}/base`,
        tls: { trust: "internal", serverName: "orders.internal.test", clientCertificate: "internal" },
        timeout: "1s",
        connectTimeout: "500ms",
        retries: { attempts: 2, on: ["connectFailure", "unavailable"] },
      },
      catalog: { url: `https://localhost:${ports.catalog}`, preserveHost: true },
      canary: { url: `https://localhost:${ports.canary}`, preserveHost: true },
      core: {
        url: `https://core.test:${ports.core}`,
        network: { type: "onPremises", addresses: LOOPBACK },
        tls: { certificate: pinned },
        circuitBreaker: { consecutiveErrors: 3, ejectionTime: "1500ms", maxRequests: 20 },
      },
      partner: {
        url: `https://partner.test:${ports.partner}`,
        network: { type: "private", addresses: LOOPBACK },
        tls: {
          caCertificates: [backendAuthority.root],
          clientCertificate: { certificate: gatewayAtPartner.certificate, privateKey: { secret: "partnerKey" } },
        },
        healthCheck: { path: "/healthz", interval: "1s" },
      },
      legacy: {
        url: `https://legacy.test:${ports.legacy}`,
        network: { type: "private", addresses: LOOPBACK },
        tls: { trust: "unverified", reason: "Its certificate cannot be replaced before the next release." },
      },
      inventory: {
        url: `https://inventory.test:${ports.inventory}`,
        protocol: "grpc",
        network: { type: "private", addresses: LOOPBACK },
        tls: { trust: "internal", clientCertificate: "internal" },
      },
    },
    routes: {
      "list-products": { path: "/products", methods: ["GET"], backend: "catalog", public: true },
      "show-product": { path: "/products/{id}", methods: ["GET"], backend: "catalog", public: true },
      canary: {
        path: "/canary",
        methods: ["GET"],
        backends: [
          { name: "catalog", weight: 80 },
          { name: "canary", weight: 20 },
        ],
        public: true,
      },
      "canary-alone": { path: "/canary/alone", methods: ["GET"], backend: "canary", public: true },
      files: {
        path: "/files/*",
        methods: ["GET"],
        backend: "catalog",
        public: true,
        cors: null,
        rateLimit: { requests: 30, per: "second", burst: 40, key: "gateway" },
      },
      feedback: {
        path: "/feedback",
        methods: ["GET", "POST"],
        backend: "legacy",
        public: true,
        bodyLimit: "16KiB",
        cors: { allowOrigins: ["https://feedback.everything.test"], allowMethods: ["POST"], allowHeaders: ["content-type"] },
        rateLimit: { requests: 20, per: "second", burst: 30, key: "clientIp" },
      },
      "list-orders": { path: "/orders", methods: ["GET"], backend: "orders", require: [{ jwt: "login", scopes: ["orders.read"] }] },
      "place-order": {
        path: "/orders",
        methods: ["POST"],
        backend: "orders",
        require: [{ jwt: "login", scopes: ["orders.write"], claims: { "shop.role": ["buyer", "seller"] } }],
      },
      "show-order": {
        path: "/orders/{id}",
        methods: ["GET", "DELETE"],
        backend: "orders",
        require: [{ jwt: "login", scopes: ["orders.read"] }],
        rewrite: { path: "/v2/orders/{id}" },
        rateLimit: { requests: 30, per: "second", burst: 40, key: "jwtClaim:sub" },
      },
      "either-login": {
        path: "/me",
        methods: ["GET"],
        backend: "orders",
        require: [{ jwt: ["login", "partner"] }],
        access: { denyCidrs: ["127.99.0.0/16"] },
      },
      feed: { path: "/feed/*", methods: ["GET"], backend: "partner", require: [{ apiKey: true }] },
      "gold-feed": {
        path: "/gold",
        methods: ["GET"],
        backend: "partner",
        require: [{ apiKey: { plans: ["gold", "silver"] } }],
        headers: {
          request: { set: { "x-feed": "gold" }, add: { via: "1.1 everything" } },
          response: { add: { "x-feed": "gold" }, remove: ["x-internal"] },
        },
        rateLimit: { requests: 15, per: "second", burst: 20, key: "consumer" },
      },
      "partner-orders": {
        path: "/partner/orders",
        methods: ["GET"],
        backend: "partner",
        require: [{ jwt: "partner", scopes: ["feed.read"], apiKey: true }],
      },
      machine: {
        path: "/machine",
        methods: ["GET"],
        backend: "core",
        require: [{ clientCertificate: { subjectAltNames: ["machine.test"] } }, { jwt: "login", scopes: ["stock.read"] }],
        rateLimit: { requests: 30, per: "second", burst: 40, key: "header:x-device" },
      },
      "any-machine": { path: "/machines", methods: ["GET"], backend: "core", require: [{ clientCertificate: true }] },
      stock: { grpc: { service: "shop.Inventory" }, backend: "inventory", require: [{ jwt: "login", scopes: ["stock.read"] }] },
    },
    observability: { tracing: { samplingPercent: 100, endpoint: "http://127.0.0.1:1/v1/traces" }, accessLogs: { headers: ["user-agent"] } },
  };
}

/** A gateway for known machines in known networks, behind a proxy. */
export function closedDocument(
  { ports, clientAuthority, pinned, closedFront, machine }: Surroundings,
  known: "names" | "hashes",
): LiveDocument {
  return {
    name: "everything",
    hostname: "api.closed.test",
    tls: {
      certificate: { source: "imported", fullchain: closedFront.chain, privateKey: { secret: "frontKey" } },
      minimumVersion: "1.3",
      clientValidation: {
        caCertificates: [clientAuthority.certificate],
        mode: "Required",
        ...(known === "names" ? { subjectAltNames: ["machine.test"] } : { certificateHashes: [sha256(machine.certificate)] }),
      },
    },
    http: "refuse",
    clientIp: { trustedHops: 1 },
    access: { allowCidrs: ["203.0.113.0/24", "10.0.0.0/8"], denyCidrs: ["203.0.113.128/25"] },
    backends: {
      core: {
        url: `https://core.test:${ports.core}`,
        network: { type: "onPremises", addresses: LOOPBACK },
        tls: { certificate: pinned },
      },
    },
    routes: {
      status: { path: "/status", methods: ["GET"], backend: "core", public: true },
    },
  };
}
