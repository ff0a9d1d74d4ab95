import * as pulumi from "@pulumi/pulumi";
import { type Backend, type BuildContext, type BuildResult, EnforcementRecord } from "../contract.ts";
import { usedControls } from "../controls.ts";
import { Authority, gatewayIdentity, INTERNAL_VALIDITY_MS, keyPairOf, needsAuthority } from "./authority.ts";
import { frontCertificate, importedPair } from "./certificate.ts";
import { localDeclaration } from "./declaration.ts";
import { usesGatewayCertificate } from "./envoy/layout.ts";
import type { KeyPair } from "./envoy/materials.ts";
import { gatewayHost, reachableAt } from "./gateway.ts";
import { issuerAlgorithm } from "./issuer.ts";
import { bridge, dnsRecords, issuerSummary, telemetry, urlOf } from "./outputs.ts";
import { publicRoots } from "./public-roots.ts";
import { ApiKeys, type Certificate, SigningKey } from "./resources.ts";
import { hostServices, serviceCertificates } from "./services.ts";
import { stateDirectory } from "./state-directory.ts";

/** A real Envoy on this machine. */
export const backend: Backend = { declaration: localDeclaration, build };

function build(context: BuildContext): BuildResult {
  const { model } = context;
  const directory = stateDirectory(context);
  const authority = needsAuthority(model) ? new Authority(context) : undefined;
  const front = frontCertificate(context, authority);
  const gateway = authority && usesGatewayCertificate(model) ? gatewayCertificate(context, authority) : undefined;
  const certificates = authority ? serviceCertificates(context, authority) : {};
  const signingKey = issuerKey(context);
  const apiKeys = consumerKeys(context);

  const host = gatewayHost(
    context,
    directory,
    {
      front: front.pair,
      authority: authority?.resource.bundlePem,
      revocationList: authority?.signer.revocationListPem,
      rootRevocationList: authority?.intermediate && authority.resource.revocationListPem,
      gateway: gateway && keyPairOf(gateway),
      clients: importedClients(context),
      apiKeys: apiKeys?.accepted ?? {},
      issuerKeyId: signingKey?.keyId,
    },
    hostServices(context, directory, certificates, authority, signingKey),
    publicRoots(),
    front.acme,
  );

  const enforcedBy = new EnforcementRecord();
  for (const { control } of usedControls(model)) enforcedBy.note(host, control);
  if (front.resource) enforcedBy.note(front.resource, "tls.certificate.internal");
  if (authority) enforcedBy.note(authority.resource, "tls.certificate.internal", "backend.tls.internal");
  if (gateway) enforcedBy.note(gateway, "backend.clientCertificate.internal");
  if (apiKeys) enforcedBy.note(apiKeys, "require.apiKey", "require.apiKey.plans");

  const issuer = issuerSummary(model, signingKey);
  return {
    outputs: {
      url: urlOf(model),
      hostname: model.hostname,
      dnsRecords: dnsRecords(model),
      certificate: front.summary(host),
      consumers: apiKeys?.keys ?? pulumi.secret<Record<string, string>>({}),
      bridge: bridge(model),
      // Known once the gateway accepts connections.
      address: host.state.apply(() => reachableAt(model, model.local.httpsPort)),
      telemetry: telemetry(model, directory),
      ...(issuer ? { issuer } : {}),
    },
    enforcedBy,
  };
}

/** What the gateway shows to backends. */
const gatewayCertificate = ({ model }: BuildContext, authority: Authority): Certificate =>
  authority.issue("gateway-certificate", {
    commonName: `${model.name} gateway`,
    uris: [gatewayIdentity(model)],
    usages: ["client"],
    validityMs: INTERNAL_VALIDITY_MS,
  });

function importedClients({ model, secrets }: BuildContext): Record<string, pulumi.Output<KeyPair>> {
  return Object.fromEntries(
    Object.values(model.backends).flatMap(({ name, tls }) => {
      if (typeof tls.clientCertificate === "string") return [];
      const { certificate, privateKey } = tls.clientCertificate;
      return [[name, importedPair(certificate, secrets.get(privateKey), `backends.${name}.tls.clientCertificate.privateKey`)]];
    }),
  );
}

function issuerKey({ name, model, parent }: BuildContext): SigningKey | undefined {
  const algorithm = issuerAlgorithm(model);
  if (model.local.issuer === undefined || algorithm === undefined) return undefined;
  return new SigningKey(`${name}-signing-key`, { algorithm, generation: model.local.issuer.keyGeneration }, { parent });
}

function consumerKeys({ name, model, parent }: BuildContext): ApiKeys | undefined {
  if (model.apiKeys === undefined) return undefined;
  const consumers = Object.fromEntries(
    Object.values(model.consumers).map((consumer) => [
      consumer.name,
      { generation: consumer.keyGeneration, keepPrevious: consumer.keepPreviousKey },
    ]),
  );
  return new ApiKeys(`${name}-api-keys`, { consumers }, { parent });
}
