import type { Actor, AuditEntry, DocumentVersion, OperationSummary, Plan, StackSummary, StoredEvent } from "../../../portal/service.ts";

/** Everything the pages can show, once. Times count from `now`, so that pictures of pages do not age. */
export interface Sample {
  readonly actor: Actor;
  readonly stacks: readonly StackSummary[];
  readonly document: DocumentVersion;
  readonly documents: readonly Omit<DocumentVersion, "text">[];
  readonly plans: readonly Plan[];
  readonly operations: readonly OperationSummary[];
  readonly events: Readonly<Record<string, readonly StoredEvent[]>>;
  readonly certificates: readonly unknown[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly secrets: readonly string[];
  readonly audit: readonly AuditEntry[];
}

export const DOCUMENT = `name: shop
hostname: shop.example.com

tls: { certificate: { source: internal } }
jwt:
  providers:
    login:
      issuer: https://login.example.com
      audiences: [shop-api]
      jwksUri: https://login.example.com/keys
      scopes: [orders.read, orders.write]

plans:
  gold: { rateLimit: { requests: 100, per: second, burst: 200 } }
consumers:
  acme-mobile: { plan: gold }

backends:
  orders:
    url: https://orders.example.com
    tls: { clientCertificate: internal, trust: internal }
  catalog: { url: https://catalog.example.com }

routes:
  list-products: { path: /products, methods: [GET], backend: catalog, public: true }
  list-orders: { path: /orders, methods: [GET], backend: orders, require: [{ jwt: login, scopes: [orders.read] }] }
  partner-feed: { path: /feed/*, methods: [GET], backend: catalog, require: [{ apiKey: true }] }
`;

/** The moment the sample is of. */
export const NOW = Date.parse("2026-11-21T16:00:00Z");
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
const hence = (days: number) => new Date(NOW + days * 86_400_000).toISOString();
const digest = (letter: string) => letter.repeat(64);

export function sample(): Sample {
  const operation = (id: string, kind: OperationSummary["kind"], state: OperationSummary["state"], minutes: number): OperationSummary => ({
    id,
    stack: "shop",
    kind,
    state,
    requestedBy: "Robin Ray",
    requestedAt: ago(minutes),
    startedAt: ago(minutes - 0.1),
    ...(state === "running" ? {} : { endedAt: ago(minutes - 2) }),
    changes: { create: 11, same: 3 },
  });
  const failed: OperationSummary = {
    ...operation("0b3f0000-failed", "up", "failed", 300),
    error: { code: "provider", message: "the port 8443 is used by another program", remedy: "stop it, or set local.httpsPort" },
  };
  const up: OperationSummary = { ...operation("1c4f0000-up", "up", "succeeded", 120), plan: "plan-applied" };
  const running = operation("2d5f0000-running", "up", "running", 1);
  const verify = operation("3e6f0000-verify", "verify", "succeeded", 60);
  const plan = (id: string, state: Plan["state"], more: Partial<Plan> = {}): Plan => ({
    id,
    stack: "shop",
    kind: "up",
    state,
    requestedBy: "Robin Ray",
    requestedAt: ago(30),
    weakens: true,
    digest: digest("a"),
    documentVersion: 3,
    documentText: DOCUMENT,
    faults: [],
    controls: [
      { control: "rate limit", place: "routes.list-orders", before: null, after: "50 per second and client", weakens: false },
      { control: "authentication", place: "routes.list-orders", before: "JWT of login with orders.read", after: null, weakens: true },
      { control: "minimum TLS version", place: "tls", before: "1.3", after: "1.2", weakens: true },
    ],
    resources: [
      { type: "secure-gateway-local:index:Host", name: "shop-envoy", change: "update", inputs: ["routes", "digest"] },
      { type: "tls:index/locallySignedCert:LocallySignedCert", name: "shop-front", change: "replace", inputs: ["dnsNames"] },
      { type: "secure-gateway-local:index:ApiKey", name: "shop-acme-mobile", change: "create", inputs: [] },
      { type: "tls:index/privateKey:PrivateKey", name: "shop-authority-key", change: "same", inputs: [] },
    ],
    findings: [{ id: "public-route", severity: "warning", message: "list-orders takes requests from anybody" }],
    approvals: [],
    html: "<!doctype html><title>Plan</title><p>The whole plan.</p>",
    ...more,
  });
  const stack = (name: string, more: Partial<StackSummary> = {}): StackSummary => ({
    name,
    cloud: "local",
    hostname: `${name}.example.com`,
    digest: digest("b"),
    deployedDigest: digest("b"),
    fourEyes: true,
    health: "deployed",
    ...more,
  });
  return {
    actor: { id: "local", name: "Robin Ray", roles: ["viewer", "requester", "approver", "admin"], stacks: ["*"], from: "127.0.0.1" },
    stacks: [
      stack("shop", {
        digest: digest("c"),
        lastOperation: up,
        nextExpiry: { certificate: "shop-front", notAfter: hence(12), daysLeft: 12 },
      }),
      stack("billing", {
        cloud: "aws",
        health: "drifted",
        lastOperation: { ...operation("4f-refresh", "refresh", "succeeded", 9), stack: "billing" },
        nextExpiry: { certificate: "billing-front", notAfter: hence(71), daysLeft: 71 },
      }),
      stack("partners", { cloud: "azure", health: "failing", lastOperation: { ...failed, stack: "partners" } }),
      { name: "intranet", cloud: "gcp", fourEyes: false, health: "never deployed" },
    ],
    document: { stack: "shop", version: 3, text: DOCUMENT, digest: digest("c"), by: "Robin Ray", at: ago(35) },
    documents: [3, 2, 1].map((version) => ({
      stack: "shop",
      version,
      digest: digest(String(version)),
      by: "Robin Ray",
      at: ago(200 - version * 50),
    })),
    plans: [
      plan("plan-waiting", "waiting for approval"),
      plan("plan-ready", "ready", { weakens: false, controls: [] }),
      plan("plan-applied", "applied", {
        approvals: [
          { by: "Kim Sol", at: ago(25), verdict: "rejected", comment: "who needs public orders?" },
          { by: "Ada Roe", at: ago(20), verdict: "approved", comment: "only for the fair" },
        ],
      }),
      plan("plan-destroy", "approved", { kind: "destroy", controls: [] }),
      plan("plan-refused", "refused", {
        faults: [{ path: "routes.list-orders.backend", message: '"order" is not a backend', remedy: 'did you mean "orders"?' }],
        html: "",
      }),
    ],
    operations: [running, verify, up, failed],
    events: { [running.id]: upEvents(running.id), [verify.id]: verifyEvents(verify.id), [up.id]: upEvents(up.id), [failed.id]: [] },
    certificates: [
      certificate("shop-front", "DNS:shop.example.com", 12, "alarm", { by: "up", from: hence(-2) }),
      certificate("shop-client", "DNS:gateway", 26, "warning", { by: "up", from: hence(3) }),
      certificate("shop-orders", "DNS:orders.example.com", 80, "valid", { by: "up", from: hence(50) }),
      { ...certificate("shop-authority", "", 3600, "valid", { by: "you", from: "" }), authority: true },
    ],
    outputs: { url: "https://shop.example.com:8443", controls: [{ control: "jwt", status: "native" }], apiKeys: "[secret]" },
    secrets: ["partnerKey", "webhookToken"],
    audit: [
      {
        sequence: 3,
        at: ago(20),
        actor: "Ada Roe",
        from: "192.0.2.7",
        action: "plan.approve",
        subject: "shop",
        digest: digest("a"),
        outcome: "done",
      },
      { sequence: 2, at: ago(30), actor: "Robin Ray", from: "192.0.2.5", action: "plan.apply", subject: "shop", outcome: "refused" },
      { sequence: 1, at: ago(90), actor: "Robin Ray", from: "192.0.2.5", action: "stack.create", subject: "shop", outcome: "done" },
    ],
  };
}

const certificate = (resource: string, name: string, daysLeft: number, state: string, renewal: unknown) => ({
  resource,
  type: "tls:index/locallySignedCert:LocallySignedCert",
  subject: `CN=${resource}`,
  names: name === "" ? [] : [name],
  issuer: "CN=shop authority",
  authority: false,
  chain: [],
  notAfter: hence(daysLeft),
  daysLeft,
  state,
  fingerprint: "ab".repeat(32),
  renewal,
  neededBy: ["shop-envoy"],
});

/** What an `up` says: some resources done, one failed, one under way. */
function upEvents(operation: string): StoredEvent[] {
  const resource = (phase: "begin" | "end" | "failed", action: "create" | "update" | "same", name: string, changed: string[] = []) => ({
    kind: "resource" as const,
    phase,
    action,
    type: "tls:index/privateKey:PrivateKey",
    name,
    changed,
  });
  return numbered(operation, [
    { type: "state", state: "running" },
    { kind: "note", message: "the engine was started" },
    resource("end", "same", "shop-authority"),
    resource("begin", "create", "shop-front-key"),
    resource("end", "create", "shop-front-key"),
    resource("begin", "update", "shop-front", ["dnsNames"]),
    resource("failed", "update", "shop-front", ["dnsNames"]),
    resource("begin", "create", "shop-envoy"),
    { kind: "message", severity: "warning", text: "the certificate ends in 12 days", resource: { type: "x:y:Z", name: "shop-front" } },
    { kind: "policy", mandatory: false, policy: "secure-gateway/public", text: "a public route", resource: "shop-envoy" },
  ]);
}

function verifyEvents(operation: string): StoredEvent[] {
  const probe = (id: string, result: "passed" | "failed" | "skipped", detail: string) => ({
    type: "verify" as const,
    probe: { id, control: "jwt", title: `a token without a signature is refused`, attack: true, result, detail, durationMs: 12.4 },
  });
  return numbered(operation, [
    { type: "state", state: "running" },
    probe("jwt.alg-none@list-orders", "passed", "401"),
    probe("cors.preflight", "failed", "expected 204, saw 403"),
    probe("quota.exhaust", "skipped", "would use up the quota"),
    { type: "state", state: "succeeded" },
  ]);
}

const numbered = (operation: string, events: readonly StoredEvent["event"][]): StoredEvent[] =>
  events.map((event, index) => ({ operation, sequence: index + 1, at: new Date(NOW - 60_000 + index * 1300).toISOString(), event }));
