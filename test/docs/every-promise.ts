import "reflect-metadata";
import { generateKeyPairSync } from "node:crypto";
import { loadModel } from "../../components/spec/load.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { TestAuthority } from "../support/live/certificates.ts";

const FOREVER = { requests: 50, per: "second", key: "clientIp" };

/**
 * Documents that between them ask for every promise that has a probe, so that the probes' ids can be listed without a running gateway.
 * Fields that exclude each other are why it takes more than one.
 */
export async function everyPromise(): Promise<GatewayModel[]> {
  const authority = await TestAuthority.create();
  const ca = [authority.root];
  const keys = JSON.stringify({
    keys: [{ ...generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256" }],
  });
  const first = {
    name: "everything",
    hostname: "api.example.com",
    tls: { certificate: { source: "managed" }, clientValidation: { caCertificates: ca, mode: "Optional" } },
    http: "redirect",
    clientIp: { trustedHops: 1 },
    jwt: {
      providers: {
        login: {
          issuer: "https://login.example.com",
          audiences: ["api"],
          jwksUri: "https://login.example.com/keys",
          jwksTls: { caCertificates: ca },
          algorithms: ["RS256", "ES256"],
          scopes: ["read"],
          claimToHeaders: { "x-tenant": "tenant" },
        },
        partners: { issuer: "https://partners.example.com", audiences: ["api"], jwks: keys, forward: true },
      },
    },
    plans: {
      silver: { rateLimit: { requests: 20, per: "second" }, quota: { requests: 1000, per: "day" } },
      gold: { quota: { requests: 5000, per: "month" } },
    },
    consumers: { mobile: { plan: "silver" }, partner: { plan: "gold" } },
    access: { allowCidrs: ["192.0.2.0/24"], denyCidrs: ["198.51.100.0/24"] },
    rateLimit: [FOREVER, { requests: 1000, per: "second", key: "gateway" }],
    cors: { allowOrigins: ["https://shop.example.com"], allowMethods: ["GET", "POST"] },
    headers: { request: { set: { "x-a": "1" } }, response: { set: { "x-b": "2" }, remove: ["x-c"] } },
    backends: {
      plain: {
        url: "https://a.example.com",
        preserveHost: true,
        retries: { attempts: 2 },
        circuitBreaker: { consecutiveErrors: 5 },
        healthCheck: { path: "/health" },
      },
      internal: {
        url: "https://b.example.com",
        tls: { trust: "internal", clientCertificate: "internal", serverName: "other.example.com" },
      },
      ca: { url: "https://c.example.com", tls: { trust: "ca", caCertificates: ca }, network: { type: "private", addresses: ["10.0.0.1"] } },
      onprem: {
        url: "https://d.example.com",
        tls: { trust: "unverified", reason: "Cannot be replaced before the next release." },
        network: { type: "onPremises", addresses: ["10.0.0.2"] },
      },
      canary: { url: "https://g.example.com", retries: { attempts: 2 } },
      pinned: { url: "https://e.example.com", tls: { trust: "pinned", certificate: authority.root } },
      grpc: { url: "https://f.example.com", protocol: "grpc" },
    },
    routes: {
      health: { path: "/health", methods: ["GET"], backend: "plain", public: true },
      item: { path: "/items/{id}", methods: ["GET"], backend: "internal", require: [{ jwt: "login", scopes: ["read"] }] },
      files: {
        path: "/files/*",
        methods: ["GET", "POST"],
        backend: "ca",
        require: [{ apiKey: true }],
        rewrite: { path: "/store/*" },
        rateLimit: { requests: 5, per: "second", key: "consumer" },
      },
      plans: { path: "/plans", methods: ["GET"], backend: "plain", require: [{ apiKey: { plans: ["gold"] } }] },
      claims: {
        path: "/claims",
        methods: ["GET"],
        backend: "onprem",
        require: [{ jwt: ["login", "partners"], claims: { role: ["admin"] } }],
        rateLimit: { requests: 5, per: "second", key: "jwtClaim:sub" },
        access: { allowCidrs: ["192.0.2.0/25"] },
        cors: { allowOrigins: ["https://other.example.com"], allowMethods: ["GET"] },
      },
      pinned: { path: "/pinned", methods: ["GET"], backend: "pinned", require: [{ jwt: "partners" }] },
      any: { path: "/any", methods: ["GET"], backend: "plain", require: [{ jwt: "login" }, { apiKey: true }] },
      all: { path: "/all", methods: ["GET"], backend: "plain", require: [{ jwt: "login", apiKey: true }] },
      certificate: {
        path: "/certificate",
        methods: ["GET"],
        backend: "plain",
        require: [{ clientCertificate: { subjectAltNames: ["client.example.com"] } }],
      },
      split: {
        path: "/split",
        methods: ["GET"],
        backends: [
          { name: "plain", weight: 90 },
          { name: "canary", weight: 10 },
        ],
        public: true,
        rateLimit: { requests: 5, per: "second", key: "gateway" },
      },
      stock: { grpc: { service: "shop.Inventory" }, backend: "grpc", require: [{ jwt: "login", scopes: ["read"] }] },
    },
    observability: { accessLogs: { headers: ["user-agent"] }, tracing: { endpoint: "https://traces.example.com/v1/traces" } },
  };
  const second = {
    name: "everything-else",
    hostname: "api.example.com",
    tls: {
      certificate: { source: "internal" },
      minimumVersion: "1.3",
      clientValidation: {
        caCertificates: ca,
        mode: "Required",
        subjectAltNames: ["client.example.com"],
        certificateHashes: ["a".repeat(64)],
      },
    },
    http: "refuse",
    backends: { plain: { url: "https://a.example.com" } },
    routes: { health: { path: "/health", methods: ["GET"], backend: "plain", public: true } },
  };
  return Promise.all([first, second].map((document) => loadModel({ file: "everything.yaml", text: JSON.stringify(document) })));
}
