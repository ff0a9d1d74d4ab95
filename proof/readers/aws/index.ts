import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GatewayModel } from "../../../components/spec/model.ts";
import type { OpenPlan } from "../../open-plan.ts";
import { probesOf } from "../../requests.ts";
import type { Observations, Outcome } from "../../verdicts.ts";
import { fingerprints } from "../envoy/backends.ts";
import { sha256 } from "../envoy/rbac.ts";
import type { Json } from "../json.ts";
import { Resources } from "../resources.ts";
import { type AwsApi, decideAtApi, openApi } from "./api.ts";
import { observeDefinition } from "./definition/index.ts";
import { observeEdge } from "./door.ts";
import { observeResources } from "./expected/index.ts";
import { observeLimits } from "./limits.ts";
import { observeOperations } from "./operations.ts";
import { observePlatform } from "./platform.ts";
import { observeFirewall } from "./requests.ts";

/** Reads an AWS gateway back from its plan: the API definition, the authorizer's table, firewalls, distribution, domain. */
export function readAws(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const resources = new Resources(plan);
  const api = openApi(resources);
  const edge = resources.of("aws:cloudfront/distribution:Distribution")[0];
  const acl = resources.of("aws:wafv2/webAcl:WebAcl").find(({ name }) => name === `${model.name}-firewall`);
  const inspectAcl = observeFirewall(resources, model, acl, edge, api, o);
  for (const { control, path, what, request, expected } of probesOf(model)) {
    const before = inspectAcl({ path: request.path, address: request.address, headers: { host: model.hostname } });
    const found: Outcome = typeof before === "number" ? before : decideAtApi(api, request);
    o.request(control, path, expected, found, what);
  }
  observeEdge(resources, model, edge, api, o);
  observeOperations(resources, api, model, edge, o);
  observePlatform(resources, api, model, edge, o);
  observeTokens(api, model, o);
  observeKeys(resources, api, model, o);
  observeLimits(resources, api, model, acl?.inputs, o);
  observeAuthorizer(resources, api, o);
  observeClientValidation(resources, model, o);
  observeDefinition(api, model, o);
  observeResources(plan, model, api, o);
}

/** Providers of the authorizer's table, or of the API's own authorizers. */
function observeTokens(api: AwsApi, model: GatewayModel, o: Observations): void {
  const schemes = api.body.components?.securitySchemes ?? {};
  for (const provider of Object.values(model.jwtProviders)) {
    const at = `jwt.providers.${provider.name}`;
    if (api.flavour === "http") {
      const { jwtConfiguration, type, identitySource } = schemes[provider.name]?.["x-amazon-apigateway-authorizer"] ?? {};
      o.same("require.jwt", at, ["jwt", "$request.header.Authorization"], [type, identitySource]);
      o.same("require.jwt", `${at}.issuer`, provider.issuer, jwtConfiguration?.issuer);
      o.sameSet("require.jwt", `${at}.audiences`, provider.audiences, jwtConfiguration?.audience ?? []);
      continue;
    }
    const found = api.policy?.providers?.[provider.name];
    o.same("require.jwt", `${at}.issuer`, provider.issuer, found?.issuer);
    o.sameSet("require.jwt", `${at}.audiences`, provider.audiences, found?.audiences ?? []);
    o.sameSet(
      provider.algorithms.join() === "RS256" ? "require.jwt" : "require.jwt.algorithms",
      `${at}.algorithms`,
      provider.algorithms,
      found?.algorithms ?? [],
    );
    o.atMost("require.jwt", `${at}.clockSkew`, provider.clockSkewSeconds, found?.clockSkewSeconds);
    const { keys } = provider;
    if (keys.kind === "inline")
      o.same(
        "require.jwt.inlineKeys",
        `${at}.jwks`,
        JSON.parse(keys.jwks),
        typeof found?.keys?.jwks === "string" ? JSON.parse(found.keys.jwks) : found?.keys?.jwks,
      );
    else {
      const control = keys.trust.kind === "public" ? "require.jwt" : "require.jwt.privateKeyServer";
      o.same(control, `${at}.jwksUri`, keys.uri, found?.keys?.uri);
      if (keys.trust.kind === "ca")
        o.same(
          control,
          `${at}.jwksTls.caCertificates`,
          fingerprints(keys.trust.caCertificates.join("\n")),
          fingerprints(JSON.stringify(found?.keys).replaceAll("\\n", "\n")),
        );
    }
    const passed = Object.entries(provider.claimToHeaders).map(([header, claim]) => `h_${header.replaceAll("-", "_")}=${claim}`);
    o.sameSet(
      "require.jwt.claimToHeaders",
      `${at}.claimToHeaders`,
      passed,
      Object.entries((found?.claims ?? {}) as Record<string, string>).map(([name, claim]) => `${name}=${claim}`),
    );
  }
  if (api.policy) o.sameSet("require.jwt", "jwt.providers", Object.keys(model.jwtProviders), Object.keys(api.policy.providers ?? {}));
}

/** Every consumer's keys, of 256 random bits each, and nobody else's. */
function observeKeys(resources: Resources, api: AwsApi, model: GatewayModel, o: Observations): void {
  if (model.apiKeys === undefined) return;
  o.same("require.apiKey", "apiKeys.header", [model.apiKeys.header, "AUTHORIZER"], [api.policy?.apiKeyHeader, api.inputs.apiKeySource]);
  const wanted = Object.values(model.consumers).flatMap(({ name, plan, keyGeneration, keepPreviousKey }) =>
    [keyGeneration, ...(keepPreviousKey && keyGeneration > 1 ? [keyGeneration - 1] : [])].map((generation) => {
      const key = resources.of("aws:apigateway/apiKey:ApiKey").find((one) => one.name === `${model.name}-key-${name}-${generation}`);
      return { digest: sha256(String(key?.inputs.value)), consumer: name, plan };
    }),
  );
  o.sameSet(
    "require.apiKey",
    "consumers",
    wanted,
    Object.entries(api.consumers).map(([digest, { consumer, plan }]) => ({ digest, consumer, plan })),
  );
  for (const { name, inputs } of resources.of("aws:apigateway/apiKey:ApiKey"))
    o.holds(
      "require.apiKey",
      name,
      "the key is a digest of random bits",
      /^[0-9a-f]{64}$/.test(String(inputs.value)) && inputs.enabled !== false,
    );
}

/** The program that decides is the one that was built and tested, runs on its own rights and answers API Gateway only. */
function observeAuthorizer(resources: Resources, api: AwsApi, o: Observations): void {
  const schemes = Object.entries((api.body.components?.securitySchemes ?? {}) as Record<string, Json>).filter(
    ([, scheme]) => scheme["x-amazon-apigateway-authorizer"]?.type === "request",
  );
  const lambda = resources.named("aws:lambda/function:Function", "-authorizer");
  for (const [, scheme] of schemes) {
    const authorizer = scheme["x-amazon-apigateway-authorizer"];
    o.same("require.any", "routes", "aws:lambda/function:Function", resources.behind(authorizer.authorizerUri)?.type);
    o.same("require.any", "routes", "custom", scheme["x-amazon-apigateway-authtype"]);
    o.holds(
      "require.any",
      "routes",
      "a published version decides",
      /qualifiedInvokeArn\}$/.test(authorizer.authorizerUri) && lambda?.inputs.publish === true,
    );
    o.holds(
      "require.any",
      "routes",
      "API Gateway invokes it under a role of its own",
      resources.behind(authorizer.authorizerCredentials)?.name.endsWith("-invoker-role") === true,
    );
    o.holds(
      "require.jwt",
      "routes",
      "decisions are kept a minute at most",
      Number(authorizer.authorizerResultTtlInSeconds) <= 60 &&
        (Number(authorizer.authorizerResultTtlInSeconds) === 0 || String(authorizer.identitySource ?? "") !== ""),
    );
  }
  if (lambda === undefined) return;
  o.holds(
    "require.any",
    "routes",
    "a supported runtime with a known entry",
    /^nodejs(2[2-9]|[3-9]\d)\.x$/.test(lambda.inputs.runtime) && lambda.inputs.handler === "index.handler",
  );
  o.holds(
    "require.any",
    "routes",
    "the program is the one that was built and tested",
    builtAuthorizer() === sha256(String(lambda.inputs.code?.assets?.["index.mjs"]?.text)),
  );
  o.sameSet("require.any", "routes", ["consumers.json", "index.mjs", "policy.json"], Object.keys(lambda.inputs.code?.assets ?? {}));
  o.holds("require.any", "routes", "it ends in ten seconds", Number(lambda.inputs.timeout) <= 10);
}

let built: string | undefined;

/** The bundle of the sources in this repository; test/unit/aws/authorizer tests what it decides. */
function builtAuthorizer(): string {
  built ??= sha256(readBundle());
  return built;
}

const readBundle = (): string =>
  readFileSync(join(import.meta.dirname, "..", "..", "..", "components", "backends", "aws", "authorizer", "authorizer.bundle"), "utf8");

/** Client certificates: the truststore holds the document's authorities, and the domain uses that version of it. */
function observeClientValidation(resources: Resources, model: GatewayModel, o: Observations): void {
  const validation = model.tls.clientValidation;
  const domain = (resources.of("aws:apigateway/domainName:DomainName")[0] ?? resources.of("aws:apigatewayv2/domainName:DomainName")[0])
    ?.inputs;
  const mutual = domain?.mutualTlsAuthentication;
  const distribution = resources.of("aws:cloudfront/distribution:Distribution")[0]?.inputs;
  const atEdge = distribution?.viewerMtlsConfig ?? distribution?.viewerCertificate?.mutualTls;
  if (validation === undefined) return;
  const control = validation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  const objects = resources
    .of("aws:s3/bucketObjectv2:BucketObjectv2")
    .map(({ inputs }) => fingerprints(inputs.content ?? inputs.source?.text));
  o.holds(
    control,
    "tls.clientValidation.caCertificates",
    "the truststore holds the document's authorities and no others",
    objects.some((one) => JSON.stringify(one) === JSON.stringify(fingerprints(validation.caCertificates.join("\n")))),
  );
  o.holds(
    control,
    "tls.clientValidation.mode",
    "the front door asks for certificates of the truststore",
    mutual?.truststoreUri !== undefined || atEdge !== undefined,
  );
  if (mutual)
    o.holds(
      control,
      "tls.clientValidation.mode",
      "the truststore's version is pinned",
      resources.behind(mutual.truststoreVersion)?.type === "aws:s3/bucketObjectv2:BucketObjectv2",
    );
  if (atEdge) o.same(control, "tls.clientValidation.mode", validation.mode.toLowerCase(), String(atEdge.mode).toLowerCase());
}
