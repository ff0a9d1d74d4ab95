import { Api } from "@pulumi/aws/apigatewayv2/api.js";
import { ApiMapping } from "@pulumi/aws/apigatewayv2/apiMapping.js";
import { Deployment } from "@pulumi/aws/apigatewayv2/deployment.js";
import { DomainName } from "@pulumi/aws/apigatewayv2/domainName.js";
import { Stage } from "@pulumi/aws/apigatewayv2/stage.js";
import type { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import type * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import { httpAccessLog } from "./access-log.ts";
import type { AwsBuild } from "./build.ts";
import type { FrontCertificate } from "./certificate.ts";
import { httpDefinition } from "./definition/http.ts";
import type { ApiTree } from "./definition/tree.ts";
import { logGroup } from "./gateway.ts";
import type { Truststore } from "./truststore.ts";

export interface HttpGateway {
  readonly api: Api;
  readonly stage: Stage;
  readonly domain: DomainName;
  readonly logs: LogGroup | undefined;
}

const STAGE = "live";

/** The HTTP API, its stage and its domain. */
export function httpGateway(
  b: AwsBuild,
  tree: ApiTree,
  key: Key,
  certificate: FrontCertificate,
  trust: Truststore | undefined,
  ownershipArn: pulumi.Output<string> | undefined,
): HttpGateway {
  const body = JSON.stringify(httpDefinition(b.model, tree));
  const api = new Api(
    `${b.name}-api`,
    {
      protocolType: "HTTP",
      description: `Gateway ${b.name}`,
      body,
      failOnWarnings: true,
      disableExecuteApiEndpoint: true,
      ipAddressType: "dualstack",
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  const deployment = new Deployment(
    `${b.name}-deployment`,
    { apiId: api.id, triggers: { definition: digest(body) }, ...b.inRegion },
    b.opts({ dependsOn: [api] }),
  );
  const { accessLogs, metrics } = b.model.observability;
  const logs = accessLogs ? logGroup(b, "access-logs", key, accessLogs.retentionDays) : undefined;
  const stage = new Stage(
    `${b.name}-stage`,
    {
      apiId: api.id,
      name: STAGE,
      deploymentId: deployment.id,
      autoDeploy: false,
      defaultRouteSettings: { detailedMetricsEnabled: metrics },
      ...(logs ? { accessLogSettings: { destinationArn: logs.arn, format: httpAccessLog() } } : {}),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  const domain = new DomainName(
    `${b.name}-domain`,
    {
      domainName: b.model.hostname,
      domainNameConfiguration: {
        certificateArn: certificate.arn,
        endpointType: "REGIONAL",
        securityPolicy: "TLS_1_2",
        ipAddressType: "dualstack",
        ...(ownershipArn === undefined ? {} : { ownershipVerificationCertificateArn: ownershipArn }),
      },
      ...(trust ? { mutualTlsAuthentication: { truststoreUri: trust.uri, truststoreVersion: trust.version } } : {}),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  new ApiMapping(`${b.name}-mapping`, { apiId: api.id, domainName: domain.id, stage: stage.name, ...b.inRegion }, b.opts());

  b.enforced.note(
    api,
    "tls.hsts",
    "host.only",
    "request.path",
    "request.framing",
    "request.size",
    "request.headers",
    "errors.problem",
    "cors",
    "route.exact",
    "route.methods",
    "route.rewrite",
    "route.headers",
    "route.timeout",
    "require.jwt",
    "require.jwt.scopes",
    "require.jwt.claimToHeaders",
    "require.jwt.forward",
    "require.jwt.strip",
    "backend.tls.public",
  );
  b.enforced.note(stage, "observe.accessLogs", "observe.metrics", "ddos.standard");
  b.enforced.note(
    domain,
    "tls.version",
    "host.only",
    "http.refuse",
    "tls.clientValidation.required",
    `tls.certificate.${b.model.tls.certificate.source}`,
  );
  return { api, stage, domain, logs };
}
