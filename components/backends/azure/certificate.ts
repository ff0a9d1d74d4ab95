import * as pulumi from "@pulumi/pulumi";
import { Certificate as AcmeCertificate } from "@pulumiverse/acme/certificate.js";
import { Provider as AcmeProvider } from "@pulumiverse/acme/provider.js";
import { Registration } from "@pulumiverse/acme/registration.js";
import { commonName, namesOf, parseChain } from "../../pki/chain.ts";
import { hoursOf } from "../../pki/internal/hours.ts";
import { type CertificateIssuer, chainWithRoot } from "../../pki/internal/issuer.ts";
import { matchingKey } from "../../pki/matching-key.ts";
import type { CertificateSource } from "../../spec/model.ts";
import type { CertificateSummary } from "../contract.ts";
import { LEAF_KEY } from "./authority.ts";
import { type AzureBuild, partsOfId } from "./build.ts";
import { pfx } from "./pfx.ts";
import type { GatewayVault } from "./vault.ts";

/** Where the front certificate is read from. */
export interface FrontCertificate {
  /** Secret id without a version; undefined for certificates that API Management or Front Door makes itself. */
  readonly secretId: pulumi.Output<string> | undefined;
  /** Resource id of the secret, which Front Door wants. */
  readonly secretResourceId: pulumi.Output<string> | undefined;
  readonly ready: readonly pulumi.Resource[];
  readonly summary: pulumi.Output<CertificateSummary>;
}

const PFX = "application/x-pkcs12";

export function frontCertificate(b: AzureBuild, vault: () => GatewayVault, authority: () => CertificateIssuer): FrontCertificate {
  const { certificate: source } = b.model.tls;
  if (source.source === "managed") {
    const { keyVaultSecretId, keyVaultId } = b.model.azure.certificate;
    return {
      secretId: keyVaultSecretId === undefined ? undefined : pulumi.output(keyVaultSecretId),
      secretResourceId:
        keyVaultSecretId === undefined ? undefined : pulumi.output(`${keyVaultId}/secrets/${keyVaultSecretId.split("/").at(-1)}`),
      ready: [],
      summary: pulumi.output({
        source: "managed" as const,
        issuer: keyVaultSecretId === undefined ? "DigiCert" : new URL(keyVaultSecretId).hostname,
        names: [b.model.hostname],
        notAfter: "",
        caCertificate: "",
      }),
    };
  }
  const material = materialOf(b, source, authority);
  const expires = material.summary.apply(({ notAfter }) => notAfter);
  const { id, ready, resource } = vault().secret("certificate", material.pfx, { contentType: PFX, expires });
  for (const one of [resource, ...material.resources]) b.enforced.note(one, `tls.certificate.${source.source}`);
  return { secretId: id, secretResourceId: resource.id, ready, summary: material.summary };
}

interface Material {
  /** Base64, without a password. */
  readonly pfx: pulumi.Output<string>;
  readonly summary: pulumi.Output<CertificateSummary>;
  readonly resources: readonly pulumi.Resource[];
}

function materialOf(
  b: AzureBuild,
  source: Exclude<CertificateSource, { source: "managed" }>,
  authority: () => CertificateIssuer,
): Material {
  const names = [b.model.hostname];
  switch (source.source) {
    case "imported": {
      const [first] = parseChain(source.fullchain);
      return {
        pfx: pfxOf(source.fullchain, b.secrets.get(source.privateKey), "tls.certificate.privateKey"),
        summary: pulumi.output({
          source: "imported" as const,
          issuer: commonName(first?.issuer),
          names: first === undefined ? names : namesOf(first),
          notAfter: first?.validToDate.toISOString() ?? "",
          caCertificate: "",
        }),
        resources: [],
      };
    }
    case "acme":
      return acme(b, source);
    case "internal": {
      const ca = authority();
      const issued = ca.issue("front", {
        commonName: b.model.hostname,
        dnsNames: names,
        usages: ["server"],
        validityHours: hoursOf(source.validityMs),
        key: LEAF_KEY,
      });
      return {
        pfx: pulumi.secret(pulumi.all([chainWithRoot(issued), issued.privateKeyPem]).apply(([chain, key]) => pfx(chain, key, ""))),
        summary: pulumi.all([issued.notAfter, ca.trustBundlePem, ca.displayName]).apply(([notAfter, caCertificate, issuer]) => ({
          source: "internal" as const,
          issuer,
          names,
          notAfter,
          caCertificate,
        })),
        resources: [issued.resource, ...ca.resources],
      };
    }
  }
}

function acme(b: AzureBuild, source: Extract<CertificateSource, { source: "acme" }>): Material {
  const provider = new AcmeProvider(`${b.name}-acme`, { serverUrl: source.directoryUrl }, b.opts());
  const opts = b.opts({ provider });
  const account = new Registration(
    `${b.name}-acme-account`,
    { emailAddress: source.email, accountKeyAlgorithm: "ECDSA", accountKeyEcdsaCurve: "P256" },
    opts,
  );
  const zone = partsOfId(b.model.dns.zone ?? "");
  const issued = new AcmeCertificate(
    `${b.name}-acme-certificate`,
    {
      accountKeyPem: account.accountKeyPem,
      commonName: b.model.hostname,
      keyType: source.keyType.replace("RSA", ""),
      // Key Vault keeps certificates without a password.
      certificateP12Password: "",
      useRenewalInfo: true,
      minDaysRemaining: 30,
      // A replaced certificate may still be in use somewhere; it ends by itself.
      revokeCertificateOnDestroy: false,
      dnsChallenges: [
        {
          provider: "azuredns",
          config: {
            AZURE_SUBSCRIPTION_ID: zone.subscriptions ?? "",
            AZURE_RESOURCE_GROUP: zone.resourceGroups ?? "",
            AZURE_ZONE_NAME: zone.dnsZones ?? zone.dnszones ?? "",
          },
        },
      ],
    },
    opts,
  );
  return {
    pfx: pulumi.secret(issued.certificateP12),
    summary: issued.certificateNotAfter.apply((notAfter) => ({
      source: "acme" as const,
      issuer: source.directoryUrl,
      names: [b.model.hostname],
      notAfter,
      caCertificate: "",
    })),
    resources: [account, issued],
  };
}

/** A PFX of a given chain and its secret key, compared with each other first; that is possible only where the secret's value is. */
export function pfxOf(
  chain: string,
  privateKey: pulumi.Output<string>,
  path: string,
  password?: (key: string) => string,
): pulumi.Output<string> {
  return pulumi.secret(matchingKey(privateKey, chain, path).apply((key) => pfx(chain, key, password?.(key) ?? "")));
}
