import type { Certificate } from "@pulumi/aws/acm/certificate.js";
import * as pulumi from "@pulumi/pulumi";
import { AwsSecretsManager } from "../../pki/distribution/aws-secrets-manager.ts";
import type { CertificateIssuer } from "../../pki/internal/issuer.ts";
import type { Backend, BridgeSummary, BuildContext, BuildResult, DnsRecord, GatewayOutputs } from "../contract.ts";
import { internalServices } from "../internal-services.ts";
import { once } from "../once.ts";
import { authorizer } from "./access.ts";
import { alarms, type Watched } from "./alarms.ts";
import { authority } from "./authority.ts";
import { authorizerPolicy } from "./authorizer-policy.ts";
import { Bridge } from "./bridge/index.ts";
import { AwsBuild, EDGE_REGION } from "./build.ts";
import { type FrontCertificate, frontCertificate, validated } from "./certificate.ts";
import { backendClientCertificate } from "./client-certificate.ts";
import { consumerKeys } from "./consumers.ts";
import { awsDeclaration } from "./declaration.ts";
import { type ApiTree, unfoldRoutes } from "./definition/tree.ts";
import { aliasRecords, findZone, type Zone } from "./dns.ts";
import { restDomain } from "./domain.ts";
import { edgeDistribution } from "./edge.ts";
import { encryptionKey } from "./encryption.ts";
import { associate, frontFirewall, originLock } from "./firewall.ts";
import { restGateway } from "./gateway.ts";
import { httpGateway } from "./http-gateway.ts";
import { needsAuthorizer, privateBackends } from "./needs.ts";
import { type Truststore, truststore } from "./truststore.ts";

/** What clients reach, wherever it stands. */
interface Front {
  readonly target: { readonly name: pulumi.Output<string>; readonly zoneId: pulumi.Output<string> };
  readonly watched: Watched;
  readonly consumers: pulumi.Output<Record<string, string>>;
  readonly bridge: pulumi.Output<BridgeSummary> | undefined;
}

/** The parts both flavours stand on. */
interface Ground {
  readonly zone: Zone | undefined;
  readonly certificate: FrontCertificate;
  readonly authority: () => CertificateIssuer;
  readonly trust: Truststore | undefined;
  readonly ownershipArn: pulumi.Output<string> | undefined;
  readonly key: ReturnType<typeof encryptionKey>;
  readonly tree: ApiTree;
}

export const backend: Backend = { declaration: awsDeclaration, build };

function build(context: BuildContext): BuildResult {
  const b = new AwsBuild(context);
  const ground = lay(b);
  const front = context.variant === "http" ? buildHttp(b, ground) : buildRest(b, ground);
  const records = ground.zone === undefined ? [] : aliasRecords(b, "address", ground.zone, b.model.hostname, front.target);
  for (const record of records) b.enforced.note(record, "dns.zone");
  alarms(b, ground.key, front.watched);
  internalServices({
    name: b.name,
    model: b.model,
    opts: b.opts.bind(b),
    issuer: ground.authority,
    store: once(() => new AwsSecretsManager(b.name, { tags: b.tags, ...b.inRegion }, b.opts.bind(b))),
  });
  return { outputs: outputs(b, ground, front), enforcedBy: b.enforced };
}

function lay(b: AwsBuild): Ground {
  const zone = findZone(b);
  const ca = once(() => authority(b));
  const certificate = frontCertificate(b, zone, ca);
  const trust = truststore(b);
  const imported = b.model.tls.certificate.source !== "managed";
  // With a certificate of ours AWS wants a public one as well, as proof that the name is the owner's.
  const ownership =
    trust !== undefined && !b.edge && imported ? validated(b, "ownership", b.model.hostname, [], zone, b.inRegion) : undefined;
  return {
    zone,
    certificate,
    authority: ca,
    trust,
    ownershipArn: ownership?.arn,
    key: encryptionKey(b, "key", b.region, b.inRegion),
    tree: unfoldRoutes(b.model.routes),
  };
}

function buildRest(b: AwsBuild, { zone, certificate, authority: ca, trust, ownershipArn, key, tree }: Ground): Front {
  const { model } = b;
  const consumers = consumerKeys(b);
  const decider = model.routes.some((route) => needsAuthorizer(route, model))
    ? authorizer(b, key, authorizerPolicy(model, tree, b.edge), consumers.digests, consumers.meterKey)
    : undefined;
  const behind = privateBackends(model);
  const bridge =
    model.aws.network === undefined || behind.length === 0 ? undefined : new Bridge(b, model.aws.network, behind, zone, b.opts());
  const shown: Certificate | undefined = backendClientCertificate(b, ca);
  const gateway = restGateway(b, tree, {
    key,
    authorizer: decider,
    connections: bridge?.connections ?? {},
    clientCertificateArn: shown?.arn,
  });
  const members = consumers.attach(gateway.stage);
  const edgeKey = b.edge ? encryptionKey(b, "edge-key", EDGE_REGION, { region: EDGE_REGION }) : undefined;
  const firewall = frontFirewall(b, edgeKey ?? key);
  const lock = b.edge ? originLock(b, key) : undefined;
  const association = associate(b, lock?.acl ?? firewall, gateway.stage);
  const { domain } = restDomain(b, gateway.stage, certificate, trust, ownershipArn, [association, ...members]);
  let target: Front["target"] = { name: domain.regionalDomainName, zoneId: domain.regionalZoneId };
  if (lock && edgeKey) {
    b.enforced.note(association, "edge");
    const distribution = edgeDistribution(
      b,
      domain,
      certificate.edgeArn ?? certificate.arn,
      firewall,
      lock.secret,
      trust?.edge?.id,
      edgeKey,
    );
    target = { name: distribution.domainName, zoneId: distribution.hostedZoneId };
  } else b.enforced.note(association, "request.path", "request.size", "request.headers", "waf");
  return {
    target,
    consumers: consumers.output,
    bridge: bridge?.summary,
    watched: {
      dimensions: { ApiName: gateway.api.name, Stage: gateway.stage.stageName },
      serverErrors: "5XXError",
      logs: gateway.logs,
      certificateArn: certificate.arn,
      firewall,
      health: bridge?.health ?? [],
      authorizerName: decider?.function.name,
      edge: edgeKey && certificate.edgeArn ? { key: edgeKey, certificateArn: certificate.edgeArn } : undefined,
    },
  };
}

function buildHttp(b: AwsBuild, { certificate, trust, ownershipArn, key, tree }: Ground): Front {
  const gateway = httpGateway(b, tree, key, certificate, trust, ownershipArn);
  const configuration = gateway.domain.domainNameConfiguration;
  return {
    target: {
      name: configuration.apply((known) => known.targetDomainName ?? ""),
      zoneId: configuration.apply((known) => known.hostedZoneId ?? ""),
    },
    consumers: pulumi.output<Record<string, string>>({}),
    bridge: undefined,
    watched: {
      dimensions: { ApiId: gateway.api.id, Stage: gateway.stage.name },
      serverErrors: "5xx",
      logs: gateway.logs,
      certificateArn: certificate.arn,
      firewall: undefined,
      health: [],
      authorizerName: undefined,
      edge: undefined,
    },
  };
}

function outputs(b: AwsBuild, ground: Ground, front: Front): GatewayOutputs {
  const { hostname } = b.model;
  const dnsRecords: pulumi.Output<DnsRecord[]> =
    ground.zone === undefined
      ? pulumi
          .all([ground.certificate.dnsRecords, front.target.name])
          .apply(([validation, target]) => [...validation, { name: hostname, type: "CNAME" as const, value: target, purpose: "address" }])
      : pulumi.output([]);
  return {
    url: `https://${hostname}`,
    hostname,
    dnsRecords,
    certificate: ground.certificate.summary,
    consumers: front.consumers,
    bridge: front.bridge,
  };
}
