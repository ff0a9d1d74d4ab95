import type { DomainName } from "@pulumi/aws/apigateway/domainName.js";
import { Distribution } from "@pulumi/aws/cloudfront/distribution.js";
import { Function as EdgeFunction } from "@pulumi/aws/cloudfront/function.js";
import { OriginRequestPolicy } from "@pulumi/aws/cloudfront/originRequestPolicy.js";
import { ResponseHeadersPolicy } from "@pulumi/aws/cloudfront/responseHeadersPolicy.js";
import { LogDelivery } from "@pulumi/aws/cloudwatch/logDelivery.js";
import { LogDeliveryDestination } from "@pulumi/aws/cloudwatch/logDeliveryDestination.js";
import { LogDeliverySource } from "@pulumi/aws/cloudwatch/logDeliverySource.js";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import { Protection } from "@pulumi/aws/shield/protection.js";
import type { WebAcl } from "@pulumi/aws/wafv2/webAcl.js";
import type * as pulumi from "@pulumi/pulumi";
import { CLIENT_CERTIFICATE_HEADER, CLIENT_IP_HEADER, ORIGIN_HEADER } from "./authorizer-policy.ts";
import { type AwsBuild, EDGE_REGION } from "./build.ts";
import { retention } from "./firewall.ts";

/** AWS's own policy that caches nothing. */
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/** Longest wait CloudFront allows for an origin without a raised quota, in seconds. */
const LONGEST_ORIGIN_WAIT = 60;

/** CloudFront wants at least one name; this one is allowed to every script anyway. */
const SAFELISTED = ["accept"];

/**
 * Runs at CloudFront before a request goes on. The distribution's own name serves nothing, and the connection's address is the client's,
 * whatever headers say.
 */
export const edgeFunction = (hostname: string): string => `function handler(event) {
  var request = event.request;
  var host = request.headers.host;
  if (!host || host.value.toLowerCase() !== ${JSON.stringify(hostname)}) {
    return { statusCode: 421, statusDescription: "Misdirected Request", headers: { "cache-control": { value: "no-store" } } };
  }
  request.headers[${JSON.stringify(CLIENT_IP_HEADER)}] = { value: event.viewer.ip };
  return request;
}
`;

/** CloudFront in front of the API: redirect, response headers, and the only way in. */
export function edgeDistribution(
  b: AwsBuild,
  domain: DomainName,
  certificateArn: pulumi.Input<string>,
  firewall: WebAcl,
  secret: pulumi.Output<string>,
  trustStoreId: pulumi.Output<string> | undefined,
  key: Key,
): Distribution {
  const { tls, http, ddos, observability } = b.model;
  const policy = responseHeaders(b);
  const requests = new OriginRequestPolicy(
    `${b.name}-origin-requests`,
    {
      comment: `What CloudFront passes on to the gateway ${b.name}`,
      cookiesConfig: { cookieBehavior: "all" },
      queryStringsConfig: { queryStringBehavior: "all" },
      headersConfig:
        tls.clientValidation === undefined
          ? { headerBehavior: "allViewer" }
          : { headerBehavior: "allViewerAndWhitelistCloudFront", headers: { items: [CLIENT_CERTIFICATE_HEADER] } },
    },
    b.opts(),
  );
  const edge = new EdgeFunction(
    `${b.name}-edge-function`,
    {
      runtime: "cloudfront-js-2.0",
      comment: `Host and client address of the gateway ${b.name}`,
      code: edgeFunction(b.model.hostname),
      publish: true,
    },
    b.opts(),
  );
  const timeout = Math.min(LONGEST_ORIGIN_WAIT, Math.ceil(Math.max(...b.model.routes.map((route) => route.timeoutMs)) / 1000) + 1);
  const distribution = new Distribution(
    `${b.name}-edge`,
    {
      enabled: true,
      comment: `Gateway ${b.name}`,
      aliases: [b.model.hostname],
      httpVersion: tls.clientValidation === undefined ? "http2and3" : "http2",
      isIpv6Enabled: true,
      webAclId: firewall.arn,
      origins: [
        {
          originId: "api",
          domainName: domain.regionalDomainName,
          customOriginConfig: {
            httpPort: 80,
            httpsPort: 443,
            originProtocolPolicy: "https-only",
            originSslProtocols: ["TLSv1.2"],
            originReadTimeout: timeout,
          },
          customHeaders: [{ name: ORIGIN_HEADER, value: secret }],
        },
      ],
      defaultCacheBehavior: {
        targetOriginId: "api",
        viewerProtocolPolicy: http === "redirect" ? "redirect-to-https" : "https-only",
        allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        cachedMethods: ["GET", "HEAD"],
        cachePolicyId: CACHING_DISABLED,
        originRequestPolicyId: requests.id,
        responseHeadersPolicyId: policy.id,
        functionAssociations: [{ eventType: "viewer-request", functionArn: edge.arn }],
        compress: false,
      },
      restrictions: { geoRestriction: { restrictionType: "none" } },
      viewerCertificate: {
        acmCertificateArn: certificateArn,
        sslSupportMethod: "sni-only",
        minimumProtocolVersion: tls.minimumVersion === "1.3" ? "TLSv1.3_2025" : "TLSv1.2_2021",
      },
      ...(trustStoreId && tls.clientValidation
        ? {
            viewerMtlsConfig: {
              mode: tls.clientValidation.mode === "Required" ? "required" : "optional",
              trustStoreConfig: { trustStoreId, advertiseTrustStoreCaNames: true, ignoreCertificateExpiry: false },
            },
          }
        : {}),
      tags: b.tags,
    },
    b.opts(),
  );
  b.enforced.note(distribution, "edge", "tls.version", "tls.hsts", "http.redirect", "http.refuse", "host.only", "ddos.standard", "cors");
  b.enforced.note(distribution, "tls.clientValidation.required", "tls.clientValidation.optional");
  b.enforced.note(policy, "tls.hsts", "cors", "route.headers");
  b.enforced.note(edge, "request.headers", "host.only");
  if (ddos === "advanced")
    b.enforced.note(
      new Protection(`${b.name}-shield`, { name: `${b.name}-edge`, resourceArn: distribution.arn, tags: b.tags }, b.opts()),
      "ddos.advanced",
    );
  if (observability.accessLogs) edgeLogs(b, distribution, key, observability.accessLogs.retentionDays);
  return distribution;
}

function responseHeaders(b: AwsBuild): ResponseHeadersPolicy {
  const { hsts } = b.model.tls;
  const { response } = b.model.headers;
  const cors = b.model.routes.find((route) => route.cors)?.cors;
  return new ResponseHeadersPolicy(
    `${b.name}-response-headers`,
    {
      comment: `Response headers of the gateway ${b.name}`,
      securityHeadersConfig: {
        strictTransportSecurity: {
          accessControlMaxAgeSec: hsts.maxAgeSeconds,
          includeSubdomains: hsts.includeSubdomains,
          preload: hsts.preload,
          override: true,
        },
      },
      // API Gateway passes a backend's Server header on under the second name.
      removeHeadersConfig: {
        items: ["server", "x-amzn-remapped-server", "x-powered-by", ...response.remove].map((header) => ({ header })),
      },
      ...(Object.keys(response.set).length > 0
        ? { customHeadersConfig: { items: Object.entries(response.set).map(([header, value]) => ({ header, value, override: true })) } }
        : {}),
      ...(cors
        ? {
            corsConfig: {
              accessControlAllowOrigins: { items: cors.anyOrigin ? ["*"] : [...cors.allowOrigins] },
              accessControlAllowMethods: { items: [...cors.allowMethods] },
              accessControlAllowHeaders: { items: cors.allowHeaders.length > 0 ? [...cors.allowHeaders] : SAFELISTED },
              ...(cors.exposeHeaders.length > 0 ? { accessControlExposeHeaders: { items: [...cors.exposeHeaders] } } : {}),
              accessControlAllowCredentials: cors.allowCredentials,
              accessControlMaxAgeSec: cors.maxAgeSeconds,
              originOverride: true,
            },
          }
        : {}),
    },
    b.opts(),
  );
}

/** CloudFront's own log: redirects and refusals that never reach the API. Fields that could hold credentials are left out. */
function edgeLogs(b: AwsBuild, distribution: Distribution, key: Key, days: number): void {
  const where = { region: EDGE_REGION };
  const group = new LogGroup(
    `${b.name}-edge-logs`,
    { name: `/aws/vendedlogs/cloudfront/${b.name}`, retentionInDays: retention(days), kmsKeyId: key.arn, tags: b.tags, ...where },
    b.opts(),
  );
  const source = new LogDeliverySource(
    `${b.name}-edge-log-source`,
    { name: `${b.name}-edge`, logType: "ACCESS_LOGS", resourceArn: distribution.arn, tags: b.tags, ...where },
    b.opts(),
  );
  const destination = new LogDeliveryDestination(
    `${b.name}-edge-log-destination`,
    {
      name: `${b.name}-edge`,
      outputFormat: "json",
      deliveryDestinationConfiguration: { destinationResourceArn: group.arn },
      tags: b.tags,
      ...where,
    },
    b.opts(),
  );
  new LogDelivery(
    `${b.name}-edge-log-delivery`,
    {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.arn,
      recordFields: [
        "date",
        "time",
        "x-edge-location",
        "c-ip",
        "cs-method",
        "cs(Host)",
        "cs-uri-stem",
        "sc-status",
        "sc-bytes",
        "time-taken",
        "x-edge-result-type",
        "x-edge-detailed-result-type",
        "x-edge-request-id",
        "cs-protocol",
        "cs-protocol-version",
        "ssl-protocol",
        "ssl-cipher",
      ],
      tags: b.tags,
      ...where,
    },
    b.opts(),
  );
}
