import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { refusalsOf } from "../../support/plan.ts";

const CA = readFileSync(join(import.meta.dirname, "..", "..", "golden", "gcp", "in", "files", "ca.pem"), "utf8");
const public_ = (path: string, more: object = {}) => ({ path, methods: ["GET"], backend: "orders", public: true, ...more });
const base = {
  name: "shop",
  hostname: "api.shop.example.com",
  gcp: { project: "shop-test-1", region: "europe-west3" },
  jwt: { providers: { login: { issuer: "https://login.example", audiences: ["a"], jwksUri: "https://login.example/jwks" } } },
  consumers: { acme: {} },
  backends: { orders: { url: "https://orders.example" } },
  routes: {
    all: public_("/all"),
    keyed: { path: "/keyed", methods: ["GET"], backend: "orders", require: [{ apiKey: true }] },
    token: { path: "/token", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] },
    orders: { path: "/orders", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] },
  },
};

/** What is refused about the base document with a patch on top. */
const refused = (patch: object) => refusalsOf("gcp", JSON.stringify(base), { overlays: [patch] });

const CASES: readonly [string, object, readonly RegExp[]][] = [
  [
    "a key or a token",
    { routes: { orders: { require: [{ jwt: "login" }, { apiKey: true }] } } },
    [/^routes\.orders\.require.*Endpoints cannot accept a key or a token, only a key and a token; make two routes of it/],
  ],
  [
    "gRPC",
    {
      backends: { stock: { url: "https://stock.example", protocol: "grpc" } },
      routes: { stock: { grpc: { service: "shop.Stock" }, backend: "stock", public: true } },
    },
    [/^routes\.stock\.grpc.*by OpenAPI or by protocol buffers, not by both/],
  ],
  [
    "TLS 1.3 with a profile that is not restricted",
    { tls: { minimumVersion: "1.3" }, gcp: { tlsProfile: "MODERN" } },
    [/^tls\.minimumVersion.*takes profile RESTRICTED only, not MODERN; remove gcp\.tlsProfile/],
  ],
  [
    "a limit whose burst no window keeps",
    { rateLimit: { requests: 50, per: "second", burst: 100 } },
    [/^rateLimit.*more than the burst of 100; set burst: 1000 or more/],
  ],
  [
    "two limits for one request",
    { rateLimit: { requests: 50, per: "second", burst: 1000 }, routes: { all: { rateLimit: { requests: 5, per: "second", burst: 100 } } } },
    [/requests of route "all" fall under rateLimit and routes\.all\.rateLimit, and Cloud Armor counts a request once/],
  ],
  [
    "quotas and limits of plans",
    {
      plans: { gold: { rateLimit: { requests: 1, per: "second" }, quota: { requests: 9, per: "day" } } },
      consumers: { acme: { plan: "gold" } },
    },
    [/^plans\.gold\.rateLimit.*per project of a consumer/, /^plans\.gold\.quota.*ESPv2 lets requests pass while it asks/],
  ],
  [
    "optional client certificates, names on single routes",
    {
      tls: { clientValidation: { caCertificates: [CA], mode: "Optional" } },
      routes: { orders: { require: [{ clientCertificate: { subjectAltNames: ["a.example"] } }] } },
    },
    [/^tls\.clientValidation\.mode.*certificates of any authority in/, /^routes\.orders\.require\[0\]\.clientCertificate\.subjectAltNames/],
  ],
  [
    "another key header",
    { apiKeys: { header: "x-shop-key" }, routes: { orders: { require: [{ apiKey: true }] } } },
    [/set apiKeys\.header: x-api-key/],
  ],
  ["an audience that reads as two", { jwt: { providers: { login: { audiences: ["a,b"] } } } }, [/would read "a,b" as several/]],
  [
    "a path Endpoints cannot tell apart",
    { routes: { all: { path: "/all/" } } },
    [/^routes\.all\.path.*slash at its end from one without; write \/all/],
  ],
  ["a colon inside", { routes: { all: { path: "/a:b/c" } } }, [/takes a colon in the last segment only/]],
  ["trusted proxies", { clientIp: { trustedHops: 1 } }, [/^clientIp\.trustedHops/]],
  ["a second edge", { edge: "cdn" }, [/^edge.*already stands at Google's edge/]],
  ["adaptive protection without its subscription", { ddos: "advanced" }, [/set gcp\.cloudArmorEnterprise: true/]],
  ["bodies Cloud Run does not take", { limits: { body: "64MiB" } }, [/Cloud Run takes requests of 33554432 bytes, not 67108864/]],
  [
    "a private backend without a network",
    { backends: { orders: { network: { type: "private" } } } },
    [/^backends\.orders\.network.*give gcp\.network with vpc and subnet/],
  ],
  ["no project and no region", { gcp: { project: null, region: null } }, [/^gcp\.project.*is missing/, /^gcp\.region.*is missing/]],
  ["GKE without a cluster", { gcp: { flavour: "gke" } }, [/^gcp\.gke.*is missing with gcp\.flavour: gke/]],
  [
    "GKE in the namespace of the services",
    {
      gcp: { flavour: "gke", gke: { namespace: "shop", network: "shop", zones: ["europe-west3-a"] } },
      internal: {
        services: { orders: { names: ["orders.example"], callers: [] } },
        kubernetes: { namespace: "shop", certificates: "secrets" },
      },
    },
    [/^gcp\.gke\.namespace.*"shop" is also the namespace of internal\.kubernetes; give the gateway a namespace of its own/],
  ],
  [
    "an ID token for nobody",
    { gcp: { identityTokens: { nobody: "https://x.example" } } },
    [/^gcp\.identityTokens\.nobody.*names no backend.*use one of orders/],
  ],
  [
    "headers of Google's",
    { headers: { request: { set: { "x-edge-client-ip": "1.1.1.1" } } } },
    [/^headers\.request.*"x-edge-client-ip" belongs to Google's load balancer/],
  ],
  ["a webhook", { observability: { alarms: { notify: ["https://hooks.example/x"] } } }, [/^observability\.alarms.*notify by mailto:/]],
  [
    "alarms on a gateway no uptime check gets into",
    { tls: { clientValidation: { caCertificates: [CA] } }, observability: { alarms: { notify: ["mailto:ops@example.com"] } } },
    [/^observability\.alarms.*an uptime check has no client certificate to show/],
  ],
  [
    "addresses Cloud Run would look for on the Internet",
    { gcp: { network: { vpc: "v", subnet: "s" } }, backends: { orders: { network: { type: "onPremises", addresses: ["203.0.113.9"] } } } },
    [/^backends\.orders\.network.*Cloud Run would look for 203\.0\.113\.9 on the Internet/],
  ],
  ["traces to elsewhere", { observability: { tracing: { endpoint: "https://otlp.example" } } }, [/ESPv2 traces to Cloud Trace only/]],
];

describe("What Google Cloud refuses", () => {
  for (const [what, patch, patterns] of CASES)
    it(what, async () => {
      const messages = await refused(patch);
      for (const message of messages)
        assert.ok(
          patterns.some((pattern) => pattern.test(message)),
          message,
        );
      for (const pattern of patterns)
        assert.ok(
          messages.some((message) => pattern.test(message)),
          `${pattern}\n${messages.join("\n")}`,
        );
    });

  it("a client certificate without an authority, already when the document is read", async () => {
    await assert.rejects(refused({ tls: { clientValidation: { mode: "Required" } } }), /tls\.clientValidation\.caCertificates/);
    await assert.rejects(refused({ routes: { orders: { require: [{ clientCertificate: true }] } } }), /clientValidation/);
  });
});
