import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Read, Resources } from "../resources.ts";
import { inspect } from "./firewall.ts";

/** TLS policies that take nothing below the version, in the vendor's list. */
export const TLS: Readonly<Record<"1.2" | "1.3", RegExp>> = {
  "1.2": /^(TLS_1_2|SecurityPolicy_TLS13_1_[23]_.*|TLSv1\.2_20(21|25)|TLSv1\.3_2025)$/,
  "1.3": /^(SecurityPolicy_TLS13_1_3_.*|TLSv1\.3_2025)$/,
};

/** CloudFront: one name, TLS only, nothing cached, the origin behind a secret header. */
export function observeDistribution(resources: Resources, model: GatewayModel, edge: Read, hsts: string, o: Observations): void {
  const {
    viewerCertificate,
    defaultCacheBehavior: behaviour = {},
    origins = [],
    aliases,
    orderedCacheBehaviors = [],
    enabled,
  } = edge.inputs;
  o.holds(
    "tls.version",
    "tls.minimumVersion",
    "CloudFront takes no older TLS",
    TLS[model.tls.minimumVersion].test(viewerCertificate?.minimumProtocolVersion) &&
      viewerCertificate?.sslSupportMethod === "sni-only" &&
      viewerCertificate.cloudfrontDefaultCertificate !== true,
  );
  o.sameSet("host.only", "hostname", [model.hostname], aliases ?? []);
  o.same(
    model.http === "redirect" ? "http.redirect" : "http.refuse",
    "http",
    model.http === "redirect" ? "redirect-to-https" : "https-only",
    behaviour.viewerProtocolPolicy,
  );
  o.same(
    "edge",
    "edge",
    [true, 0, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"],
    [enabled, orderedCacheBehaviors.length, behaviour.cachePolicyId],
  );
  const [origin] = origins;
  o.same(
    "edge",
    "edge",
    ["https-only", ["TLSv1.2"], 1],
    [origin?.customOriginConfig?.originProtocolPolicy, origin?.customOriginConfig?.originSslProtocols, origins.length],
  );
  o.holds(
    "edge",
    "edge",
    "the origin is the API's own domain",
    resources.behind(origin?.domainName)?.type.endsWith(":DomainName") === true,
  );
  const code = String(resources.behind(behaviour.functionAssociations?.[0]?.functionArn)?.inputs.code ?? "");
  o.same("host.only", "hostname", "viewer-request", behaviour.functionAssociations?.[0]?.eventType);
  for (const [host, passes] of [
    [model.hostname, true],
    ["evil.example", false],
    ["d111.cloudfront.net", false],
  ] as const)
    o.holds(
      "host.only",
      "hostname",
      `${host} ${passes ? "passes" : "is refused"}`,
      runEdgeFunction(code, host, "192.0.2.9").passed === passes,
    );
  const seen = runEdgeFunction(code, model.hostname, "192.0.2.9");
  o.same("request.headers", "headers", "192.0.2.9", seen.headers["x-gateway-client-ip"]);
  const secret = origin?.customHeaders?.find(({ name }: Json) => name === "x-gateway-origin")?.value;
  const door = resources.of("aws:wafv2/webAcl:WebAcl").find(({ name }) => name.endsWith("-origin-firewall"));
  o.holds("edge", "edge", "the origin's secret is long and random", /^[0-9a-f]{64}$/.test(String(secret)));
  o.holds(
    "edge",
    "edge",
    "the origin answers nobody without it",
    door !== undefined &&
      inspect(resources, door.inputs, { headers: {} }) !== "passed" &&
      inspect(resources, door.inputs, { headers: { "x-gateway-origin": "guess" } }) !== "passed" &&
      inspect(resources, door.inputs, { headers: { "x-gateway-origin": String(secret) } }) === "passed",
  );
  o.holds(
    "edge",
    "edge",
    "it stands before the stage",
    resources
      .of("aws:wafv2/webAclAssociation:WebAclAssociation")
      .some(
        ({ inputs }) =>
          resources.behind(inputs.webAclArn)?.name === door?.name &&
          resources.behind(inputs.resourceArn)?.type === "aws:apigateway/stage:Stage",
      ),
  );
  const policy = resources.behind(behaviour.responseHeadersPolicyId)?.inputs;
  const found = policy?.securityHeadersConfig?.strictTransportSecurity;
  o.same(
    "tls.hsts",
    "tls.hsts",
    hsts,
    `max-age=${found?.accessControlMaxAgeSec}${found?.includeSubdomains ? "; includeSubDomains" : ""}${found?.preload ? "; preload" : ""}`,
  );
  o.same("tls.hsts", "tls.hsts", true, found?.override);
  const removed = (policy?.removeHeadersConfig?.items ?? []).map(({ header }: Json) => String(header).toLowerCase());
  o.holds("request.headers", "headers", "answers carry no server", removed.includes("server"));
  for (const name of model.headers.response.remove)
    o.holds("route.headers", "headers.response.remove", `${name} is removed`, removed.includes(name));
  const custom = Object.fromEntries(
    (policy?.customHeadersConfig?.items ?? []).map(({ header, value, override }: Json) => [
      String(header).toLowerCase(),
      override ? value : undefined,
    ]),
  );
  const security = policy?.securityHeadersConfig ?? {};
  for (const [name, value] of Object.entries(model.headers.response.set))
    o.same(
      "route.headers",
      "headers.response.set",
      value,
      name === "x-content-type-options" && security.contentTypeOptions?.override ? "nosniff" : custom[name],
    );
  observeEdgeCors(model, policy?.corsConfig, o);
}

/** Runs CloudFront's function over a request: a few lines of JavaScript that see nothing but the event. */
function runEdgeFunction(code: string, host: string, ip: string): { passed: boolean; headers: Record<string, string> } {
  const handler = new Function(`"use strict";${code};return typeof handler === "function" ? handler : undefined;`)() as
    | ((event: unknown) => Json)
    | undefined;
  const request = { method: "GET", uri: "/", headers: { host: { value: host }, "x-gateway-client-ip": { value: "6.6.6.6" } } };
  const result = handler?.({ request, viewer: { ip }, context: {} });
  return {
    passed: result !== undefined && result.statusCode === undefined,
    headers: Object.fromEntries(Object.entries((result?.headers ?? {}) as Record<string, Json>).map(([name, { value }]) => [name, value])),
  };
}

function observeEdgeCors(model: GatewayModel, config: Json, o: Observations): void {
  const cors = model.routes.find((route) => route.cors)?.cors;
  if (cors === undefined || config === undefined) {
    if (cors === undefined) o.same("cors", "cors", undefined, config);
    return;
  }
  o.sameSet("cors", "cors.allowOrigins", cors.anyOrigin ? ["*"] : cors.allowOrigins, config.accessControlAllowOrigins?.items ?? []);
  o.same("cors", "cors.allowCredentials", cors.allowCredentials, config.accessControlAllowCredentials);
  o.sameSet("cors", "cors.exposeHeaders", cors.exposeHeaders, config.accessControlExposeHeaders?.items ?? []);
  o.same("cors", "cors", true, config.originOverride);
}
