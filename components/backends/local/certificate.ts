import * as pulumi from "@pulumi/pulumi";
import { commonName, namesOf, parseChain, splitChain } from "../../pki/chain.ts";
import { matchingKey } from "../../pki/matching-key.ts";
import type { CertificateSource, GatewayModel, SecretRef } from "../../spec/model.ts";
import type { BuildContext, CertificateSummary } from "../contract.ts";
import { type Authority, keyPairOf } from "./authority.ts";
import type { Certificate, Host, HostAcme } from "./resources.ts";
import { revocationListUri } from "./revocation-list.ts";

/** The certificate of the front door. */
export interface FrontCertificate {
  /** Undefined where the host obtains it. */
  readonly pair: pulumi.Input<{ chain: string; privateKey: string }> | undefined;
  /** How the host obtains it. */
  readonly acme?: HostAcme;
  readonly summary: (host: Host) => pulumi.Output<CertificateSummary>;
  readonly resource: Certificate | undefined;
}

export function frontCertificate(context: BuildContext, authority: Authority | undefined): FrontCertificate {
  const { certificate } = context.model.tls;
  if (certificate.source === "imported") return importedFront(context, certificate);
  if (certificate.source === "acme") return acmeFront(context, certificate);
  if (certificate.source === "internal" && authority) return internalFront(context, certificate.validityMs, authority);
  throw new pulumi.RunError(
    `tls.certificate.source: "${certificate.source}" is not available on this machine; use internal, acme or imported`,
  );
}

function internalFront({ model }: BuildContext, validityMs: number, authority: Authority): FrontCertificate {
  const crl = revocationListUri(model);
  const resource = authority.issue("certificate", {
    commonName: model.hostname.slice(0, 64),
    dnsNames: [model.hostname],
    usages: ["server"],
    validityMs,
    ...(crl === undefined ? {} : { crlUris: [crl] }),
  });
  const summary = pulumi.all([resource.notAfter, authority.resource.bundlePem]).apply(([notAfter, caCertificate]) => ({
    source: "internal" as const,
    issuer: `${model.name} internal authority`,
    names: [model.hostname],
    notAfter,
    caCertificate,
  }));
  return { pair: keyPairOf(resource), summary: () => summary, resource };
}

type Acme = Extract<CertificateSource, { source: "acme" }>;

/** Who issued it and until when is known only to the host, which also replaces it while no program runs. */
function acmeFront({ model }: BuildContext, { email, directoryUrl, keyType, caCertificates }: Acme): FrontCertificate {
  return {
    pair: undefined,
    acme: { directoryUrl, email, names: [model.hostname], keyType, caCertificates, issue: issueOf(model) },
    summary: ({ certificatePem }) =>
      certificatePem.apply((chain) => {
        const [leaf] = parseChain(chain);
        return {
          source: "acme" as const,
          issuer: commonName(leaf?.issuer),
          names: leaf === undefined ? [] : namesOf(leaf),
          notAfter: leaf?.validToDate.toISOString() ?? "",
          caCertificate: "",
        };
      }),
    resource: undefined,
  };
}

function importedFront({ secrets }: BuildContext, source: { fullchain: string; privateKey: SecretRef }): FrontCertificate {
  const [leaf] = parseChain(source.fullchain);
  return {
    pair: importedPair(source.fullchain, secrets.get(source.privateKey), "tls.certificate.privateKey"),
    summary: () =>
      pulumi.output({
        source: "imported" as const,
        issuer: commonName(leaf?.issuer),
        names: leaf === undefined ? [] : namesOf(leaf),
        notAfter: leaf?.validToDate.toISOString() ?? "",
        caCertificate: "",
      }),
    resource: undefined,
  };
}

/** Another certificate always comes with another key, whichever of the two is asked for. */
const issueOf = ({ internal }: GatewayModel): number => (internal?.generation ?? 1) + (internal?.keyGeneration ?? 1) - 1;

/** A certificate brought along, with its key. The root is not served: clients have it, or do not trust it. @throws RunError when the key is not the certificate's. */
export function importedPair(
  fullchain: string,
  key: pulumi.Output<string>,
  path: string,
): pulumi.Output<{ chain: string; privateKey: string }> {
  const { leaf, chain } = splitChain(fullchain);
  return matchingKey(key, fullchain, path).apply((privateKey) => ({ chain: `${leaf}${chain}`, privateKey }));
}
