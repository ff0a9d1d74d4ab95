import { type Capabilities, composed, everywhere, native, refused } from "../../capabilities.ts";
import { accepted, classicOnly, notConsumption, onBackend, onModel, onRoute, onTiers } from "../restrictions.ts";
import { listTiers, tierFacts, tiersWhere } from "../tiers.ts";

const byPolicy = (how: string, deviation?: string) => composed(`API policy: ${how}`, deviation);

/** Routes and what they do to requests. */
export const ROUTES = {
  "route.exact": everywhere(byPolicy("the path is compared")),
  "route.template": everywhere(byPolicy("the path is compared segment by segment")),
  "route.prefix": everywhere(byPolicy("the path's first segments are compared")),
  "route.methods": everywhere(byPolicy("405 with Allow")),
  "route.rewrite": everywhere(byPolicy("rewrite-uri")),
  "route.headers": everywhere(byPolicy("set-header")),
  "route.weights": {
    support: onTiers(notConsumption, native("Pool of backends by weight"), "the tier has no pools of backends"),
    restrictions: [
      onRoute("weights of 100 or less", (route) =>
        route.backends.every(({ weight }) => Number.isInteger(weight) && weight <= 100)
          ? undefined
          : { reason: "a pool takes whole weights of 1 to 100", remedy: "write the weights as percentages" },
      ),
    ],
  },
  "route.grpc": everywhere(
    refused("gRPC passes through self-hosted gateways only, without the policies this backend needs", "use cloud: local, or an HTTP API"),
  ),
  "route.timeout": everywhere(
    byPolicy("forward-request with the route's time; retries share it"),
    onRoute("within the platform's own", (route, _model, variant) => {
      const { longestTimeoutMs } = tierFacts(variant);
      if (route.timeoutMs <= longestTimeoutMs) return undefined;
      const longer = tiersWhere((facts) => facts.longestTimeoutMs >= route.timeoutMs);
      return {
        reason: `the platform ends a request after ${longestTimeoutMs / 1000}s`,
        remedy: `set a timeout of ${longestTimeoutMs / 1000}s or less${longer.length > 0 ? `, or azure.tier to ${listTiers(longer)}` : ""}`,
      };
    }),
  ),
} as const satisfies Partial<Capabilities>;

const ownAuthorities = (how: string) => ({
  support: onTiers(
    classicOnly,
    native(how),
    "the tier has no store for your authorities, and the provider's API version cannot set one on a backend",
  ),
  restrictions: [
    accepted("publicRoots", () => true, "use a certificate of a public authority (tls.trust: public)"),
    accepted(
      "sharedTrust",
      ({ backends, tls }) =>
        tls.clientValidation !== undefined ||
        Object.values(backends).filter(({ tls: { trust } }) => trust.kind === "ca" || trust.kind === "internal").length > 1,
      "use certificates of a public authority",
    ),
    onBackend("not on a self-hosted gateway", (_backend, { azure }) =>
      azure.selfHostedGateway === undefined
        ? undefined
        : {
            reason: "a self-hosted gateway keeps a trust store of its own, which this backend does not fill",
            remedy: "use a certificate of a public authority (tls.trust: public)",
          },
    ),
  ],
});

const clientCertificate = (how: string) => everywhere(native(how));

const reached = (what: string) =>
  onModel("through a virtual network or a self-hosted gateway", ({ azure }, variant) => {
    if (azure.selfHostedGateway !== undefined) return undefined;
    const { networkModes } = tierFacts(variant);
    if (azure.network.mode !== "none" && networkModes.includes(azure.network.mode)) return undefined;
    return {
      reason:
        azure.network.mode === "none"
          ? `the service is in no virtual network and cannot reach ${what}`
          : `${variant} cannot be placed in a virtual network as ${azure.network.mode}`,
      remedy: `set azure.network.mode: integration with tier ${listTiers(tiersWhere((facts) => facts.networkModes.includes("integration")))}, or external or internal with ${listTiers(tiersWhere((facts) => facts.networkModes.includes("external")))}`,
    };
  });

/** Backends. */
export const BACKENDS = {
  "backend.tls.public": everywhere(
    native("Chain and name of the backend's certificate are verified"),
    accepted(
      "sharedTrust",
      ({ backends, tls }) =>
        tls.clientValidation !== undefined ||
        Object.values(backends).some(({ tls: { trust } }) => trust.kind === "ca" || trust.kind === "internal"),
      "use certificates of public authorities everywhere",
    ),
  ),
  "backend.tls.internal": ownAuthorities("The stack's authority in the service's root store"),
  "backend.tls.ca": {
    ...ownAuthorities("The declared authorities in the service's root store"),
  },
  "backend.tls.pinned": everywhere(
    refused(
      "API Management accepts every certificate of a trusted authority and pins none",
      "use tls.caCertificates with the authority that issued it, or cloud: local",
    ),
  ),
  "backend.tls.unverified": everywhere(native("Verification switched off for this backend")),
  "backend.tls.serverName": everywhere(
    refused("API Management verifies the name of the URL and no other", "use the certificate's name in the backend's url"),
  ),
  "backend.clientCertificate.internal": clientCertificate("Certificate of the stack's authority, attached to the backend"),
  "backend.clientCertificate.imported": clientCertificate("Imported certificate, attached to the backend"),
  "backend.private": everywhere(
    composed("Virtual network, with a private DNS zone where addresses are given"),
    reached("private addresses"),
  ),
  "backend.onPremises": everywhere(
    composed("Virtual network with a VPN or ExpressRoute line, or a self-hosted gateway on premises"),
    reached("addresses on premises"),
    onModel("with a line", ({ azure }) =>
      azure.selfHostedGateway !== undefined || azure.network.onPremises !== undefined
        ? undefined
        : {
            reason: "nothing leads from the virtual network to the addresses on premises",
            remedy: "declare the line in azure.network.onPremises, or run azure.selfHostedGateway there",
          },
    ),
  ),
  "backend.preserveHost": everywhere(
    refused("whether API Management then verifies the name of the URL or of the Host header is not documented", "set preserveHost: false"),
  ),
  "backend.retries": everywhere(
    byPolicy("retry, for idempotent methods unless said otherwise, within the request's time"),
    onRoute("after answers only", (route) => retriesBeyond(route.retries)),
    onBackend("after answers only", (backend) => retriesBeyond(backend.retries)),
  ),
  "backend.circuitBreaker": {
    support: onTiers(
      notConsumption,
      native(
        "Circuit breaker of the backend; limit-concurrency in the API policy",
        "errors count within a minute although others succeed between them; each unit counts for itself; answers of 5xx count, whether failed connections and timeouts do is not documented",
      ),
      "the tier has no circuit breaker",
    ),
  },
  "backend.healthCheck": everywhere(
    refused("API Management asks backends for nothing", "remove healthCheck; circuitBreaker ejects backends that fail"),
  ),
} as const satisfies Partial<Capabilities>;

function retriesBeyond(retries: { readonly on: readonly string[] } | undefined) {
  return retries?.on.includes("connectFailure")
    ? {
        reason: "the retry policy is documented to judge answers, not connections that failed",
        remedy: "set retries.on: [unavailable], or [unavailable, gatewayError]",
      }
    : undefined;
}

const logged = (what: string) =>
  onModel("needs the request log", ({ observability }) =>
    observability.accessLogs === undefined
      ? { reason: `${what} come from the request log`, remedy: "set observability.accessLogs.enabled: true" }
      : undefined,
  );

const noLog = "the tier writes no request log";

/** Logs, metrics, traces, alarms. */
export const OBSERVE = {
  "observe.accessLogs": {
    support: onTiers(
      notConsumption,
      native("Diagnostic setting to a Log Analytics workspace, without bodies and query strings", "kept for 30 days at least"),
      noLog,
    ),
    restrictions: [
      onModel("for two years at most", ({ observability }) =>
        (observability.accessLogs?.retentionDays ?? 0) > 730
          ? {
              reason: "a Log Analytics workspace keeps its tables for 730 days at most",
              remedy: "set observability.accessLogs.retentionDays: 730 or less",
            }
          : undefined,
      ),
    ],
  },
  "observe.logHeaders": {
    support: onTiers(notConsumption, native("Header list of the diagnostic"), noLog),
  },
  "observe.metrics": everywhere(native("Azure Monitor metrics of the service")),
  "observe.tracing": everywhere(
    native("Application Insights with W3C trace context and the declared sampling"),
    onModel("to Application Insights", ({ observability }) =>
      observability.tracing?.endpoint === undefined
        ? undefined
        : { reason: "API Management sends traces to Application Insights only", remedy: "remove observability.tracing.endpoint" },
    ),
  ),
  "observe.alarms": {
    support: onTiers(
      notConsumption,
      composed(
        "Log query alerts on errors, latency, refusals and backends; metric alerts on how full the service is; Key Vault's events before a certificate ends",
      ),
      noLog,
    ),
    restrictions: [logged("the alarms")],
  },
} as const satisfies Partial<Capabilities>;
