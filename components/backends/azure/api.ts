import { Api } from "@pulumi/azure-native/apimanagement/api.js";
import { ApiPolicy } from "@pulumi/azure-native/apimanagement/apiPolicy.js";
import { Policy } from "@pulumi/azure-native/apimanagement/policy.js";
import { PolicyFragment } from "@pulumi/azure-native/apimanagement/policyFragment.js";
import * as pulumi from "@pulumi/pulumi";
import type { ControlId } from "../controls.ts";
import type { AzureBuild } from "./build.ts";
import { definition } from "./definition.ts";
import { compilePolicies } from "./policy/compile.ts";
import { FRAGMENTS, fragmentId } from "./policy/elements.ts";
import { servesPlainHttp } from "./policy/plain-http.ts";
import type { Service } from "./service.ts";

/** The API and its policy. */
export interface GatewayApi {
  readonly api: Api;
  readonly policy: ApiPolicy;
}

/** One API for the whole gateway: the policy chooses the route, so that the number of routes changes no resource. */
export function gatewayApi(b: AzureBuild, service: Service, references: readonly pulumi.Resource[]): GatewayApi {
  const inService = { resourceGroupName: service.group, serviceName: service.name };
  const compiled = compilePolicies(b.model);
  // The SDK sends no input called "id", so that the provider names fragments: their name and random digits.
  const fragments = FRAGMENTS.map(
    (name) =>
      new PolicyFragment(
        `${b.name}-${name}`,
        {
          ...inService,
          description: `Gateway ${b.name}: ${name}`,
          format: "rawxml",
          value: compiled.fragments[name],
        },
        b.opts(),
      ),
  );
  const named = (document: string): pulumi.Output<string> =>
    pulumi
      .all(fragments.map(({ name }) => name))
      .apply((names) =>
        FRAGMENTS.reduce(
          (text, fragment, index) =>
            text.replaceAll(`fragment-id="${fragmentId(b.model, fragment)}"`, () => `fragment-id="${names[index] ?? ""}"`),
          document,
        ),
      );
  const closed =
    service.resource === undefined
      ? []
      : [
          b.enforced.note(
            new Policy(
              `${b.name}-service-policy`,
              { ...inService, policyId: "policy", format: "rawxml", value: named(compiled.service) },
              b.opts({ dependsOn: fragments }),
            ),
            "host.only",
          ),
        ];
  const { apiKeys, http } = b.model;
  const api = new Api(
    `${b.name}-api`,
    {
      ...inService,
      apiId: b.name,
      displayName: b.name,
      description: `Gateway ${b.name}`,
      path: "",
      protocols: servesPlainHttp(b.model) ? ["http", "https"] : ["https"],
      subscriptionRequired: false,
      subscriptionKeyParameterNames: { header: apiKeys?.header ?? "Ocp-Apim-Subscription-Key", query: "subscription-key" },
      format: "openapi+json",
      value: definition(b.model),
    },
    // Until its own policy is there, the service's refuses what comes.
    b.opts({ dependsOn: closed }),
  );
  const policy = new ApiPolicy(
    `${b.name}-policy`,
    { ...inService, apiId: api.name, policyId: "policy", format: "rawxml", value: named(compiled.api) },
    b.opts({ dependsOn: [...fragments, ...references] }),
  );
  b.enforced.note(api, http === "redirect" ? "http.redirect" : "http.refuse", "require.apiKey");
  b.enforced.note(policy, ...BY_POLICY);
  return { api, policy };
}

const BY_POLICY: readonly ControlId[] = [
  "tls.hsts",
  "tls.clientValidation.required",
  "tls.clientValidation.optional",
  "tls.clientValidation.names",
  "tls.clientValidation.hashes",
  "http.redirect",
  "host.only",
  "clientIp.trustedHops",
  "request.path",
  "request.size",
  "request.framing",
  "request.headers",
  "errors.problem",
  "access.allow",
  "access.deny",
  "access.route",
  "cors",
  "cors.perRoute",
  "route.exact",
  "route.template",
  "route.prefix",
  "route.methods",
  "route.rewrite",
  "route.headers",
  "route.timeout",
  "require.jwt",
  "require.jwt.inlineKeys",
  "require.jwt.scopes",
  "require.jwt.claims",
  "require.jwt.providers",
  "require.jwt.claimToHeaders",
  "require.jwt.forward",
  "require.jwt.strip",
  "require.apiKey",
  "require.apiKey.plans",
  "require.clientCertificate",
  "require.clientCertificate.names",
  "require.any",
  "require.all",
  "limit.gateway",
  "limit.gatewayClientIp",
  "limit.route",
  "limit.routeClientIp",
  "limit.routeConsumer",
  "limit.routeClaim",
  "limit.routeHeader",
  "plan.rateLimit",
  "plan.quota",
  "backend.retries",
  "backend.circuitBreaker",
  "edge",
];
