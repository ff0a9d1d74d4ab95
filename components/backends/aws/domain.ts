import { BasePathMapping } from "@pulumi/aws/apigateway/basePathMapping.js";
import { DomainName } from "@pulumi/aws/apigateway/domainName.js";
import type { Stage } from "@pulumi/aws/apigateway/stage.js";
import type * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import type { AwsBuild } from "./build.ts";
import type { FrontCertificate } from "./certificate.ts";
import type { Truststore } from "./truststore.ts";

/** Names of AWS's policies, from its REST API security policies. */
const POLICIES = { "1.2": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "1.3": "SecurityPolicy_TLS13_1_3_2025_09" } as const;

/** TLS policy of the API and of its domain, which have to agree; client certificates go with the legacy policy only. */
export function securityPolicy(model: GatewayModel, edge: boolean): { securityPolicy: string; endpointAccessMode?: string } {
  if (model.tls.clientValidation !== undefined && !edge) return { securityPolicy: "TLS_1_2" };
  // STRICT compares SNI and Host, which CloudFront sends as it got them; BASIC leaves CloudFront its own way of connecting.
  return { securityPolicy: POLICIES[edge ? "1.2" : model.tls.minimumVersion], endpointAccessMode: edge ? "BASIC" : "STRICT" };
}

/** The regional custom domain and what it leads to, once everything in `before` stands. */
export function restDomain(
  b: AwsBuild,
  stage: Stage,
  certificate: FrontCertificate,
  trust: Truststore | undefined,
  ownershipArn: pulumi.Output<string> | undefined,
  before: readonly pulumi.Resource[],
): { readonly domain: DomainName; readonly mapping: BasePathMapping } {
  const domain = new DomainName(
    `${b.name}-domain`,
    {
      domainName: b.model.hostname,
      regionalCertificateArn: certificate.arn,
      endpointConfiguration: { types: "REGIONAL", ipAddressType: "dualstack" },
      ...securityPolicy(b.model, b.edge),
      ...(trust && !b.edge
        ? {
            mutualTlsAuthentication: { truststoreUri: trust.uri, truststoreVersion: trust.version },
            ...(ownershipArn === undefined ? {} : { ownershipVerificationCertificateArn: ownershipArn }),
          }
        : {}),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  b.enforced.note(domain, "tls.version", "host.only", `tls.certificate.${b.model.tls.certificate.source}`);
  if (trust && !b.edge) b.enforced.note(domain, "tls.clientValidation.required");
  if (!b.edge) b.enforced.note(domain, "http.refuse");
  const mapping = new BasePathMapping(
    `${b.name}-mapping`,
    { domainName: domain.domainName, restApi: stage.restApi, stageName: stage.stageName, ...b.inRegion },
    // The mapping is what opens the door: the firewall and the usage keys are there before.
    b.opts({ dependsOn: [...before] }),
  );
  return { domain, mapping };
}
