import * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import type { BuildContext } from "../contract.ts";
import { usesAuthority, usesGatewayCertificate } from "./envoy/layout.ts";
import type { KeyPair } from "./envoy/materials.ts";
import { Certificate, type CertificateArgs, CertificateAuthority } from "./resources.ts";

/** True when the stack needs an authority of its own. */
export const needsAuthority = (model: GatewayModel): boolean =>
  model.tls.certificate.source === "internal" ||
  usesAuthority(model) ||
  usesGatewayCertificate(model) ||
  Object.keys(model.local.services).length > 0;

/** The stack's own certificate authority and what it signs. */
export class Authority {
  readonly resource: CertificateAuthority;
  readonly #context: BuildContext;

  constructor(context: BuildContext) {
    this.#context = context;
    this.resource = new CertificateAuthority(
      `${context.name}-authority`,
      { commonName: `${context.model.name} internal authority` },
      { parent: context.parent },
    );
  }

  issue(suffix: string, args: Omit<CertificateArgs, "authorityCertificatePem" | "authorityPrivateKeyPem">): Certificate {
    return new Certificate(
      `${this.#context.name}-${suffix}`,
      { authorityCertificatePem: this.resource.certificatePem, authorityPrivateKeyPem: this.resource.privateKeyPem, ...args },
      { parent: this.#context.parent },
    );
  }
}

/** Validity of certificates that only the gateway and its services see: 90 days. */
export const INTERNAL_VALIDITY_MS = 90 * 86_400_000;

/** The name by which services know the gateway: a URI subject alternative name of its certificate. */
export const gatewayIdentity = (model: GatewayModel): string => `spiffe://${model.hostname}/gateway`;

/** A resource's certificate and key, as Envoy is given them. */
export const keyPairOf = ({ chainPem, privateKeyPem }: Certificate): pulumi.Output<KeyPair> =>
  pulumi.all([chainPem, privateKeyPem]).apply(([chain, privateKey]) => ({ chain, privateKey }));
