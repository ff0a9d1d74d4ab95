import { mergePatch } from "../../../components/spec/overlay.ts";

/** Documents of the AWS tests; each is accepted as it stands. */

export const NETWORK = {
  vpcId: "vpc-0123456789abcdef0",
  subnetIds: ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
};

export const REASON = "The core system has a self-signed certificate that cannot be replaced this year.";

/** REST API behind CloudFront, public backend. */
export const EDGE = {
  name: "shop",
  hostname: "api.shop.example.com",
  edge: "cdn",
  dns: { zone: "shop.example.com" },
  backends: { orders: { url: "https://orders.shop.example.com" } },
  routes: { health: { path: "/health", methods: ["GET"], backend: "orders", public: true } },
};

/** Regional REST API in front of a private backend. */
export const REGIONAL = {
  name: "shop",
  hostname: "api.shop.example.com",
  http: "refuse",
  dns: { zone: "shop.example.com" },
  aws: { flavour: "rest", network: NETWORK },
  backends: {
    orders: {
      url: "https://orders.shop.example.com",
      network: { type: "private", addresses: ["10.0.1.10"] },
      tls: { trust: "unverified", reason: REASON },
    },
  },
  routes: { health: { path: "/health", methods: ["GET"], backend: "orders", public: true } },
};

/** HTTP API, with what it does less strictly accepted by name. */
export const HTTP = {
  name: "shop",
  hostname: "api.shop.example.com",
  http: "refuse",
  dns: { zone: "shop.example.com" },
  aws: { flavour: "http", http: { accept: ["clientIdAsAudience", "underscoreHeaders", "errorsWithoutHsts"] } },
  limits: { url: "10KiB", headers: "10KiB", body: 10_000_000 },
  backends: { orders: { url: "https://orders.shop.example.com" } },
  routes: { health: { path: "/health", methods: ["GET"], backend: "orders", public: true } },
};

export const LOGIN = {
  issuer: "https://login.shop.example.com",
  audiences: ["shop-api"],
  jwksUri: "https://login.shop.example.com/jwks.json",
  scopes: ["orders.read", "orders.write"],
};

/** A document with a merge patch on top, as text. */
export const text = (base: unknown, patch: unknown = {}): string => JSON.stringify(mergePatch(base, patch));
