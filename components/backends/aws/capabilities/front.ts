import { type Capabilities, composed, everywhere, native, refused } from "../../capabilities.ts";
import { answersPassOurLoadBalancer } from "../needs.ts";
import { accepted, exactPathsOnHttpApi, onlyWithCloudFront, onModel } from "../restrictions.ts";

const useRest = "use aws.flavour: rest";

/** The front door: TLS, certificates, host, shape of requests, errors, headers. */
export const FRONT = {
  "tls.version": {
    support: {
      rest: native("TLS security policy on the API and on its domain: TLS 1.2 with forward secrecy and 1.3, or 1.3 alone"),
      "rest-cloudfront": native("CloudFront's minimum protocol version TLSv1.2_2021 or TLSv1.3_2025; TLS 1.2 or newer on to the API"),
      http: native("Security policy TLS_1_2 of the domain"),
    },
    restrictions: [
      onModel("TLS 1.3 alone needs a REST API and no client certificates at API Gateway", (model, variant) => {
        if (model.tls.minimumVersion !== "1.3" || variant === "rest-cloudfront") return undefined;
        if (variant === "http")
          return { reason: "an HTTP API knows no newer policy than TLS_1_2", remedy: `set tls.minimumVersion: "1.2", or ${useRest}` };
        return model.tls.clientValidation === undefined
          ? undefined
          : {
              reason: "API Gateway does not offer TLS 1.3-only policies and client certificates on the same domain",
              remedy: 'set tls.minimumVersion: "1.2", or edge: cdn, where CloudFront does both',
            };
      }),
    ],
  },
  "tls.certificate.managed": everywhere(native("ACM certificate validated by DNS, renewed by ACM")),
  "tls.certificate.acme": everywhere(
    composed("ACME certificate by DNS-01 in Route 53, imported to ACM under one ARN at every renewal"),
    onModel("needs the Route 53 zone", (model) =>
      model.dns.zone === undefined
        ? { reason: "the challenge is answered in Route 53", remedy: "name the zone in dns.zone, or use tls.certificate.source: managed" }
        : undefined,
    ),
    onModel("public directories only", (model) =>
      model.tls.certificate.source === "acme" && model.tls.certificate.caCertificates.length > 0
        ? {
            reason: "the ACME provider talks to directories of public trust only",
            remedy: "remove tls.certificate.caCertificates, or use source: imported",
          }
        : undefined,
    ),
  ),
  "tls.certificate.imported": everywhere(native("Certificate and chain imported to ACM; a renewed one replaces it under the same ARN")),
  "tls.certificate.internal": {
    support: {
      "*": composed("Certificate of the stack's own authority (@pulumi/tls), imported to ACM"),
      "rest-cloudfront": refused("CloudFront serves certificates of public authorities only", "use source: managed, or edge: none"),
    },
  },
  "tls.hsts": {
    support: {
      rest: composed("Set on answers of backends by the load balancer before them, on the gateway's own answers by API Gateway"),
      "rest-cloudfront": native("Response headers policy of CloudFront, on every answer"),
      http: native("Parameter mapping on every answer of a backend"),
    },
    restrictions: [
      onModel("on a regional REST API only where every backend is behind the stack's load balancer", (model, variant) =>
        variant === "rest" && !answersPassOurLoadBalancer(model)
          ? {
              reason: "API Gateway passes the answers of a proxied backend through as they are, so that it cannot set the header on them",
              remedy: "set edge: cdn, or reach every backend through aws.network with bridge alb or nlb-alb",
            }
          : undefined,
      ),
      accepted("errorsWithoutHsts", "an HTTP API cannot change the answers it makes itself"),
    ],
  },
  "tls.clientValidation.required": {
    support: {
      "*": native("Mutual TLS of the custom domain against a truststore in a versioned bucket"),
      "rest-cloudfront": native("Viewer mTLS of CloudFront against a trust store, mode required"),
    },
  },
  "tls.clientValidation.optional": {
    support: {
      "*": refused(
        "API Gateway either asks every client for a certificate or none",
        "set tls.clientValidation.mode: Required, or edge: cdn",
      ),
      "rest-cloudfront": native("Viewer mTLS of CloudFront, mode optional"),
    },
  },
  "tls.clientValidation.names": {
    support: {
      "*": composed("Names compared by the Lambda authorizer", "another name is answered 403 instead of the connection being refused"),
      http: refused("an HTTP API does not compare names", useRest),
    },
  },
  "tls.clientValidation.hashes": {
    support: {
      "*": composed(
        "Fingerprints compared by the Lambda authorizer",
        "another certificate is answered 403 instead of the connection being refused",
      ),
      http: refused("an HTTP API does not compare fingerprints", useRest),
    },
  },
  "http.redirect": everywhere(
    native("Viewer protocol policy redirect-to-https of CloudFront", "301 for GET and HEAD and 307 for other methods, instead of 308"),
    onModel("only behind CloudFront", (_model, variant) =>
      variant === "rest-cloudfront"
        ? undefined
        : { reason: "nothing of API Gateway listens on port 80", remedy: "set http: refuse, or edge: cdn" },
    ),
  ),
  "http.refuse": {
    support: {
      "*": native("API Gateway listens on port 443 only"),
      "rest-cloudfront": native("Viewer protocol policy https-only of CloudFront", "port 80 is open and answers every request 403"),
    },
  },
  "host.only": everywhere(native("The execute-api endpoint is disabled; the domain maps to one API")),
  "clientIp.trustedHops": everywhere(
    refused(
      "resource policies and firewall rules compare the address of the connection",
      "set clientIp.trustedHops: 0 and let clients reach the gateway directly, or use edge: cdn as the only proxy",
    ),
  ),
  "request.path": {
    support: {
      rest: composed(
        "Web ACL refuses escaped separators, dots, percent signs, NUL, `?`, `#`, backslashes, dot segments, doubled slashes and `..;`; API Gateway matches what is left literally",
        "ambiguous spellings are answered 403 instead of being merged or answered 400; an escaped percent sign in a parameter is refused; a slash at the end of a path may be ignored; a prefix needs something below it",
      ),
      "rest-cloudfront": composed(
        "Web ACL refuses escaped separators, dots, percent signs, NUL, `?`, `#`, backslashes, dot segments, doubled slashes and `..;` with 400; API Gateway matches what is left literally",
        "doubled slashes and dot segments are refused instead of merged; an escaped percent sign in a parameter is refused; a slash at the end of a path may be ignored; a prefix needs something below it",
      ),
      http: native("Exact paths are matched literally, and the path sent to the backend is written in the integration"),
    },
    restrictions: [exactPathsOnHttpApi],
  },
  "request.framing": everywhere(
    native("AWS reads each request whole and writes a new one to the backend; nothing of the client's framing is passed on"),
  ),
  "request.size": {
    support: {
      "*": composed(
        "Web ACL: URL within 1 KiB steps, headers 8 KiB, body by its Content-Length; API Gateway: 10,240 bytes for request line and headers, 10 MB for bodies; smaller limits of single routes by the Lambda authorizer",
        "headers over 8 KiB are refused whatever limits.headers allows; a body without Content-Length is refused; where the web ACL cannot choose the status it is 403",
      ),
      http: native("Fixed: 10,240 bytes for request line and headers, 10 MB for bodies", "refused with the API's own statuses"),
    },
    restrictions: [
      onModel("bodies of 10 MB at most", (model) => {
        const largest = Math.max(...model.routes.map((route) => route.bodyBytes));
        return largest > 10_000_000
          ? {
              reason: `API Gateway takes bodies of 10,000,000 bytes, not ${largest}`,
              remedy: "lower limits.body and bodyLimit to 10000000, or let clients upload to S3",
            }
          : undefined;
      }),
      onModel("on an HTTP API limits are the API's own", (model, variant) => {
        if (variant !== "http") return undefined;
        const { urlBytes, headerBytes } = model.limits;
        const bodies = model.routes.every((route) => route.bodyBytes === 10_000_000);
        return urlBytes >= 10_240 && headerBytes >= 10_240 && bodies
          ? undefined
          : {
              reason: "an HTTP API's limits are fixed",
              remedy: `write them down: limits: { url: 10KiB, headers: 10KiB, body: 10000000 }, or ${useRest}`,
            };
      }),
    ],
  },
  "request.headers": {
    support: {
      "*": composed(
        "Web ACL refuses requests that bring the gateway's own headers or a header name with an underscore; integration mappings write the gateway's headers",
        "such requests are answered 403 instead of the header being dropped",
      ),
      http: native("Parameter mapping removes every spelling of the gateway's own headers and writes them"),
    },
    restrictions: [accepted("underscoreHeaders", "an HTTP API cannot drop headers by a pattern")],
  },
  "errors.problem": {
    support: {
      "*": native("Gateway responses for every response type", "Retry-After is one second; a token bucket's own time is not told"),
      http: native(
        "The API's own short JSON, without version, stack or address",
        "application/json instead of problem+json, without a request id in the body",
      ),
    },
  },
  waf: {
    support: {
      "*": native("AWS managed rule groups in the web ACL: common rule set, known bad inputs (Log4j), SQL injection, IP reputation"),
      http: refused("a web ACL cannot be associated with an HTTP API", useRest),
    },
  },
  "ddos.standard": everywhere(native("Shield Standard, on for every account")),
  "ddos.advanced": everywhere(
    native("Shield Advanced protection of the CloudFront distribution"),
    onlyWithCloudFront("Shield Advanced for an API"),
    onModel("the account must have the subscription", (model) =>
      model.aws.shieldAdvanced
        ? undefined
        : {
            reason: "Shield Advanced is a subscription of the account",
            remedy: "subscribe and set aws.shieldAdvanced: true, or use ddos: standard",
          },
    ),
  ),
  edge: {
    support: {
      "*": native("CloudFront distribution"),
      "rest-cloudfront": composed("CloudFront; the web ACL of the API refuses every request without the header only CloudFront knows"),
      http: refused("an HTTP API has no firewall that could close it to everyone but CloudFront", `${useRest}, or set edge: none`),
    },
  },
  "dns.zone": everywhere(native("Route 53 alias records A and AAAA")),
} as const satisfies Partial<Capabilities>;
