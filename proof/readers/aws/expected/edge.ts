import type { Expected } from "../../expected.ts";
import { between, is, like, prose, type Shape, secret, unordered } from "../../shape.ts";
import { randomValue } from "./authorizer.ts";
import type { Context } from "./context.ts";

/** AWS's own policy that caches nothing. */
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/** Longest wait for an origin without a raised quota, in seconds. */
const LONGEST_WAIT = 60;

/** CloudFront in front of the API, and what it does to requests and answers. */
export function* edge(c: Context): Generator<Expected> {
  if (!c.edge) return;
  const { tls, http, hostname, routes, ddos } = c.model;
  const asks = tls.clientValidation;
  const longest = Math.max(...routes.map(({ timeoutMs }) => timeoutMs)) / 1000;
  yield {
    type: "aws:cloudfront/distribution:Distribution",
    suffix: "edge",
    control: "edge",
    inputs: {
      enabled: true,
      comment: prose,
      aliases: [hostname],
      // CloudFront asks for client certificates on TCP only.
      httpVersion: asks ? "http2" : like(/^http2(and3)?$/),
      isIpv6Enabled: true,
      webAclId: c.ref("firewall", "arn"),
      origins: [
        {
          originId: "api",
          domainName: c.ref("domain", "regionalDomainName"),
          customOriginConfig: {
            // The first is asked for by the type and never used.
            httpPort: between(1, 65_535),
            httpsPort: 443,
            originProtocolPolicy: "https-only",
            originSslProtocols: ["TLSv1.2"],
            // Longer than the longest route, so that the API's own timeout is the one clients see.
            originReadTimeout: between(Math.min(LONGEST_WAIT, Math.ceil(longest)), LONGEST_WAIT),
          },
          customHeaders: [{ name: "x-gateway-origin", value: secret(randomValue(c, "origin-secret")) }],
        },
      ],
      defaultCacheBehavior: {
        targetOriginId: "api",
        viewerProtocolPolicy: http === "redirect" ? "redirect-to-https" : "https-only",
        allowedMethods: unordered(["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]),
        // The smallest set there is; nothing is cached by the policy.
        cachedMethods: unordered(["GET", "HEAD"]),
        cachePolicyId: CACHING_DISABLED,
        originRequestPolicyId: c.ref("origin-requests", "id"),
        responseHeadersPolicyId: c.ref("response-headers", "id"),
        functionAssociations: [{ eventType: "viewer-request", functionArn: c.ref("edge-function", "arn") }],
        // Compressed secrets next to what a client chose can be guessed by their length.
        compress: false,
      },
      restrictions: { geoRestriction: { restrictionType: "none" } },
      viewerCertificate: {
        acmCertificateArn: c.ref("edge-certificate", "arn"),
        sslSupportMethod: "sni-only",
        minimumProtocolVersion: tls.minimumVersion === "1.3" ? "TLSv1.3_2025" : "TLSv1.2_2021",
      },
      viewerMtlsConfig: asks && {
        mode: asks.mode.toLowerCase(),
        trustStoreConfig: {
          trustStoreId: c.ref("edge-truststore", "id"),
          advertiseTrustStoreCaNames: true,
          ignoreCertificateExpiry: false,
        },
      },
      tags: c.tags,
    },
  };
  yield {
    type: "aws:cloudfront/function:Function",
    suffix: "edge-function",
    control: "host.only",
    inputs: {
      runtime: "cloudfront-js-2.0",
      comment: prose,
      // What it does is tried with requests.
      code: is("a program", (value) => typeof value === "string" && value.trimEnd().endsWith("}")),
      // What is not published does not run.
      publish: true,
    },
  };
  yield {
    type: "aws:cloudfront/originRequestPolicy:OriginRequestPolicy",
    suffix: "origin-requests",
    control: "request.headers",
    inputs: {
      comment: prose,
      cookiesConfig: { cookieBehavior: "all" },
      queryStringsConfig: { queryStringBehavior: "all" },
      headersConfig: asks
        ? { headerBehavior: "allViewerAndWhitelistCloudFront", headers: { items: ["cloudfront-viewer-cert-pem"] } }
        : { headerBehavior: "allViewer", headers: undefined },
    },
  };
  yield responseHeaders(c);
  yield { type: "tls:index/privateKey:PrivateKey", suffix: "origin-secret", control: "edge", inputs: { algorithm: "ED25519" } };
  if (ddos === "advanced")
    yield {
      type: "aws:shield/protection:Protection",
      suffix: "shield",
      control: "ddos.advanced",
      inputs: { name: `${c.model.name}-edge`, resourceArn: c.ref("edge", "arn"), tags: c.tags },
    };
}

/** Headers of every answer, whoever made it. */
function responseHeaders(c: Context): Expected {
  const { tls, headers, routes } = c.model;
  const cors = routes.find((route) => route.cors)?.cors;
  const set = Object.entries(headers.response.set);
  const items = (values: readonly string[]): Shape => ({ items: unordered(values) });
  return {
    type: "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
    suffix: "response-headers",
    control: "tls.hsts",
    inputs: {
      comment: prose,
      securityHeadersConfig: {
        strictTransportSecurity: {
          accessControlMaxAgeSec: tls.hsts.maxAgeSeconds,
          includeSubdomains: tls.hsts.includeSubdomains,
          preload: tls.hsts.preload,
          override: true,
        },
      },
      removeHeadersConfig: removals(["server", "x-amzn-remapped-server", "x-powered-by", ...headers.response.remove]),
      customHeadersConfig:
        set.length === 0 ? undefined : { items: unordered(set.map(([header, value]) => ({ header, value, override: true }))) },
      corsConfig: cors && {
        accessControlAllowOrigins: items(cors.anyOrigin ? ["*"] : cors.allowOrigins),
        accessControlAllowMethods: items(cors.allowMethods),
        // CloudFront wants a name; `accept` is allowed to every script anyway.
        accessControlAllowHeaders: items(cors.allowHeaders.length > 0 ? cors.allowHeaders : ["accept"]),
        accessControlExposeHeaders: cors.exposeHeaders.length > 0 ? items(cors.exposeHeaders) : undefined,
        accessControlAllowCredentials: cors.allowCredentials,
        accessControlMaxAgeSec: cors.maxAgeSeconds,
        originOverride: true,
      },
    },
  };
}

const removals = (names: readonly string[]): Shape => ({ items: unordered(names.map((header) => ({ header }))) });
