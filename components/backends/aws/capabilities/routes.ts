import type { GatewayModel, HeaderChanges, Route } from "../../../spec/model.ts";
import { type Capabilities, composed, everywhere, native, refused } from "../../capabilities.ts";
import { onBackend, onModel, onRoute } from "../restrictions.ts";

const useRest = "use aws.flavour: rest";

const noTrailingSlash = onRoute("no path that ends in a slash", (route) =>
  route.path.trailingSlash
    ? {
        reason: "API Gateway does not tell a path with a slash at its end from one without",
        remedy: `write ${route.path.text.slice(0, -1)}`,
      }
    : undefined,
);

/** API Gateway answers these itself on custom domains. */
const noReservedPath = onRoute("not /ping or /sping", (route) => {
  const first = route.path.segments[0];
  return first !== undefined && "literal" in first && (first.literal === "ping" || first.literal === "sping")
    ? { reason: `API Gateway answers /${first.literal} itself`, remedy: "choose another first segment" }
    : undefined;
});

const headersOf = (model: GatewayModel, route: Route | undefined): HeaderChanges => (route ?? model).headers;

/** Where a header mapping's value would be read as an expression. */
const mappable = onModel(
  "header values without quotes or dollar signs; on a REST API nothing is added, and answers change behind CloudFront only",
  (model, variant, use) => {
    const route = model.routes.find((candidate) => candidate.name === use.subject && use.path === `${candidate.at}.headers`);
    const { request, response } = headersOf(model, route);
    const values = [...Object.values(request.set), ...Object.values(request.add)].concat(
      variant === "http" ? [...Object.values(response.set), ...Object.values(response.add)] : [],
    );
    if (values.some((value) => /['$]/.test(value)))
      return {
        reason: "API Gateway reads a quote or a dollar sign in a header mapping as an expression",
        remedy: "choose a value without ' and $",
      };
    if (variant === "http") return undefined;
    if (Object.keys(request.add).length > 0)
      return { reason: "a header mapping replaces what the client sent and cannot add to it", remedy: "use headers.request.set" };
    const changesAnswers = Object.keys(response.set).length + Object.keys(response.add).length + response.remove.length > 0;
    if (!changesAnswers) return undefined;
    if (variant !== "rest-cloudfront")
      return {
        reason: "a REST API passes answers of a proxied backend through as they are",
        remedy: "set edge: cdn, or let the backend send the headers",
      };
    if (route !== undefined)
      return { reason: "CloudFront changes headers for the whole gateway", remedy: "move the change to headers.response of the document" };
    return Object.keys(response.add).length > 0
      ? { reason: "CloudFront replaces a header and does not add to it", remedy: "use headers.response.set" }
      : undefined;
  },
);

/** Paths, methods and what is done to requests. */
export const ROUTES = {
  "route.exact": { support: { "*": native("Resource tree of the API") }, restrictions: [noTrailingSlash, noReservedPath] },
  "route.template": {
    support: { "*": native("Path variables of the API; the tree is unfolded so that the most specific route is found") },
    restrictions: [noTrailingSlash, noReservedPath],
  },
  "route.prefix": { support: { "*": native("Greedy path variable of the API") }, restrictions: [noReservedPath] },
  "route.methods": {
    support: {
      "*": native(
        "Every other method of a path by a mock integration: 405 with Allow",
        "methods outside HTTP's usual seven are answered 404",
      ),
      http: native("Methods of the API's routes", "another method is answered 404 instead of 405"),
    },
  },
  "route.rewrite": everywhere(native("The integration's path")),
  "route.headers": {
    support: {
      "*": composed(
        "Integration mappings for requests; CloudFront's response headers policy for answers",
        "a removed request header may arrive empty",
      ),
      http: native("Parameter mapping"),
    },
    restrictions: [mappable],
  },
  "route.weights": everywhere(
    refused(
      "an integration has one target",
      "use one backend per route, or split behind it, such as by weighted target groups of a load balancer of yours",
    ),
  ),
  "route.grpc": everywhere(
    refused("API Gateway does not speak gRPC", "remove the route, or serve it from another cloud or from Envoy in your network"),
  ),
  "route.timeout": {
    support: { "*": native("Integration timeout, answered 504"), http: native("Integration timeout", "answered 503 or 504") },
    restrictions: [
      onRoute("50 ms to 29 s, or as far as the quota is raised; 30 s on an HTTP API", (route, model, variant) => {
        const quota = model.aws.quotas.integrationTimeoutMs;
        // CloudFront waits 60 s for an origin, and the API has to answer before.
        const most = variant === "http" ? 30_000 : variant === "rest-cloudfront" ? Math.min(quota, 59_000) : quota;
        if (route.timeoutMs < 50)
          return { reason: `API Gateway waits 50 ms or longer, not ${route.timeoutMs} ms`, remedy: "set a timeout of 50ms or more" };
        if (route.timeoutMs <= most) return undefined;
        return {
          reason: `API Gateway waits ${most} ms at most, not ${route.timeoutMs} ms`,
          remedy:
            variant === "http"
              ? `set a timeout of 30s or less, or ${useRest}`
              : variant === "rest-cloudfront" && route.timeoutMs > 59_000
                ? "set a timeout of 59s or less, or edge: none"
                : "set a shorter timeout, or have the quota raised and state it in aws.quotas.integrationTimeoutMs",
        };
      }),
    ],
  },
} as const satisfies Partial<Capabilities>;

const viaLoadBalancer = (model: GatewayModel) => model.aws.network?.bridge !== "nlb";

const verifyRemedy =
  "use aws.network.bridge: nlb with a publicly trusted certificate, put an Envoy of cloud: local before the backend that verifies it, or write trust: unverified with a reason";

/** An ALB shows its own certificate to API Gateway and accepts any certificate of its targets. */
const notThroughAlb = onBackend("not behind an Application Load Balancer", (backend, model) =>
  backend.network.type !== "public" && viaLoadBalancer(model)
    ? { reason: "an Application Load Balancer does not verify the certificates of its targets", remedy: verifyRemedy }
    : undefined,
);

const sameClientCertificate = onModel("one client certificate for all backends", (model) => {
  const certificates = new Set(
    Object.values(model.backends)
      .map((backend) => backend.tls.clientCertificate)
      .filter((certificate) => certificate !== "none")
      .map((certificate) => JSON.stringify(certificate)),
  );
  return certificates.size > 1
    ? {
        reason: "a stage of API Gateway has one client certificate",
        remedy: "use the same clientCertificate on every backend that has one",
      }
    : undefined;
});

const clientCertificateReaches = onBackend("not behind an Application Load Balancer", (backend, model) =>
  backend.network.type !== "public" && viaLoadBalancer(model)
    ? {
        reason: "an Application Load Balancer ends TLS and has no client certificate to show its targets",
        remedy: "set aws.network.bridge: nlb, or leave the client certificate out",
      }
    : undefined,
);

const onlyPublicTrust = "API Gateway verifies backends against the public roots";

/** Backends and the way to them. */
export const BACKENDS = {
  "backend.tls.public": {
    support: { "*": native("API Gateway verifies chain, name and validity of every backend") },
    restrictions: [notThroughAlb],
  },
  "backend.tls.internal": everywhere(
    refused(
      `${onlyPublicTrust}, and can only leave the check out`,
      `give the backend a publicly trusted certificate; for a private or on-premises one ${verifyRemedy}`,
    ),
  ),
  "backend.tls.ca": everywhere(
    refused(
      `${onlyPublicTrust}, and can only leave the check out`,
      `give the backend a publicly trusted certificate; for a private or on-premises one ${verifyRemedy}`,
    ),
  ),
  "backend.tls.pinned": everywhere(
    refused(
      "API Gateway does not compare certificates with a pinned one",
      `give the backend a publicly trusted certificate; for a private or on-premises one ${verifyRemedy}`,
    ),
  ),
  "backend.tls.unverified": {
    support: { "*": composed("TLS to the target through an internal Application Load Balancer, which accepts any certificate") },
    restrictions: [
      onBackend("only behind the stack's own load balancer", (backend, model) =>
        backend.network.type === "public" || !viaLoadBalancer(model)
          ? {
              reason: "API Gateway itself always verifies the certificate it is shown",
              remedy: "remove trust: unverified and give the backend a publicly trusted certificate",
            }
          : undefined,
      ),
    ],
  },
  "backend.tls.serverName": everywhere(
    refused("API Gateway asks for the host of the backend's URL", "use the certificate's name as the host of the URL"),
  ),
  "backend.clientCertificate.internal": {
    support: {
      "*": composed(
        "Certificate of the stack's own authority, imported to ACM, shown by the stage",
        "every backend that asks for a certificate is shown it",
      ),
      http: refused("HTTP APIs show no client certificate", useRest),
    },
    restrictions: [sameClientCertificate, clientCertificateReaches],
  },
  "backend.clientCertificate.imported": {
    support: {
      "*": native("Certificate imported to ACM, shown by the stage", "every backend that asks for a certificate is shown it"),
      http: refused("HTTP APIs show no client certificate", useRest),
    },
    restrictions: [sameClientCertificate, clientCertificateReaches],
  },
  "backend.private": {
    support: { "*": native("VPC link to an internal load balancer"), http: refused("the load balancer is set up for REST APIs", useRest) },
    restrictions: [networkGiven()],
  },
  "backend.onPremises": {
    support: {
      "*": composed("VPC link, internal load balancer, VPN or Direct Connect"),
      http: refused("the load balancer is set up for REST APIs", useRest),
    },
    restrictions: [networkGiven()],
  },
  "backend.preserveHost": everywhere(refused("API Gateway writes the Host header from the backend's URL", "set preserveHost: false")),
  "backend.retries": everywhere(refused("API Gateway does not repeat requests", "remove retries, or write retries: null on the route")),
  "backend.circuitBreaker": everywhere(refused("API Gateway counts no failures of backends", "remove circuitBreaker")),
  "backend.healthCheck": {
    support: {
      "*": native("Health check of the target group"),
      http: refused("API Gateway does not ask public backends for their health", "remove healthCheck"),
    },
    restrictions: [
      onBackend("only behind a load balancer", (backend) =>
        backend.network.type === "public"
          ? { reason: "API Gateway does not ask public backends for their health", remedy: "remove healthCheck" }
          : undefined,
      ),
      onBackend("every 5 to 300 seconds", (backend) => {
        const interval = backend.healthCheck?.intervalMs ?? 10_000;
        return interval < 5000 || interval > 300_000 || interval % 1000 !== 0
          ? {
              reason: `a load balancer asks every 5 to 300 whole seconds, not every ${interval} ms`,
              remedy: "set healthCheck.interval between 5s and 300s",
            }
          : undefined;
      }),
    ],
  },
} as const satisfies Partial<Capabilities>;

function networkGiven() {
  return onBackend("with a network, addresses, and one backend per host and port", (backend, model) => {
    if (model.aws.network === undefined)
      return {
        reason: "there are no subnets for the VPC link and its load balancer",
        remedy: "give aws.network with vpcId and at least two subnetIds",
      };
    if (backend.network.type === "private" && backend.network.addresses.length === 0)
      return {
        reason: "the load balancer has no targets",
        remedy: `list the backend's addresses in backends.${backend.name}.network.addresses`,
      };
    return undefined;
  });
}

/** Logs, metrics, traces, alarms. */
export const OBSERVE = {
  "observe.accessLogs": everywhere(native("JSON access log of the stage in an encrypted CloudWatch log group")),
  "observe.logHeaders": {
    support: {
      "*": composed(
        "The Lambda authorizer hands declared headers to the access log",
        "values over 2,048 characters or beyond printable ASCII are left out",
      ),
      http: refused("the access log of an HTTP API has no request headers", useRest),
    },
  },
  "observe.metrics": everywhere(native("CloudWatch metrics, detailed by method")),
  "observe.tracing": {
    support: {
      "*": native("X-Ray with a sampling rule"),
      http: refused("HTTP APIs do not trace", `${useRest}, or set observability.tracing: false`),
    },
    restrictions: [
      onModel("no endpoint of one's own", (model) =>
        model.observability.tracing?.endpoint !== undefined
          ? { reason: "API Gateway traces to X-Ray only", remedy: "remove observability.tracing.endpoint" }
          : undefined,
      ),
    ],
  },
  "observe.alarms": {
    support: { "*": native("CloudWatch alarms to an encrypted SNS topic; missing data of a certificate is an alarm") },
  },
} as const satisfies Partial<Capabilities>;
