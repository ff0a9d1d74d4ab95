import * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import type { BuildContext } from "../contract.ts";
import { usesAuthority, usesGatewayCertificate } from "./envoy/layout.ts";
import type { KeyPair } from "./envoy/materials.ts";
import { Certificate, type CertificateArgs, CertificateAuthority, IntermediateAuthority } from "./resources.ts";
import { rootRevocationListUri } from "./revocation-list.ts";

/** True when the stack needs an authority of its own. */
export const needsAuthority = (model: GatewayModel): boolean =>
  model.tls.certificate.source === "internal" ||
  usesAuthority(model) ||
  usesGatewayCertificate(model) ||
  Object.keys(model.local.services).length > 0;

type Request = Omit<CertificateArgs, "authorityCertificatePem" | "authorityPrivateKeyPem">;

/** The stack's own certificate authority and what it signs: by the root itself, or by an intermediate where the document asks for one. */
export class Authority {
  readonly resource: CertificateAuthority;
  readonly intermediate: IntermediateAuthority | undefined;
  readonly #context: BuildContext;

  constructor(context: BuildContext) {
    this.#context = context;
    const { name, model, parent } = context;
    const { authority } = model.internal ?? {};
    const commonName = `${model.name} internal authority`;
    const { generation, rollover } = authority ?? { generation: 1, rollover: "switch" as const };
    this.resource = new CertificateAuthority(`${name}-authority`, { commonName, generation, rollover }, { parent });
    const rootList = rootRevocationListUri(model);
    this.intermediate =
      authority?.intermediate &&
      new IntermediateAuthority(
        `${name}-intermediate`,
        {
          rootCertificatePem: this.resource.certificatePem,
          rootPrivateKeyPem: this.resource.privateKeyPem,
          commonName: `${commonName}, intermediate`.slice(0, 64),
          generation: authority.intermediate.generation,
          validityDays: Math.floor(authority.intermediate.validityMs / 86_400_000),
          ...(rootList === undefined ? {} : { crlUris: [rootList] }),
        },
        { parent },
      );
  }

  /** The authority that signs leaves. */
  get signer(): CertificateAuthority | IntermediateAuthority {
    return this.intermediate ?? this.resource;
  }

  issue(suffix: string, args: Request): Certificate {
    const { name, model, parent } = this.#context;
    const { internal } = model;
    return new Certificate(
      `${name}-${suffix}`,
      {
        authorityCertificatePem: this.signer.certificatePem,
        authorityPrivateKeyPem: this.signer.privateKeyPem,
        issueGeneration: internal?.generation ?? 1,
        ...args,
        // A service's own counts on top of that of all.
        keyGeneration: pulumi.output(args.keyGeneration ?? 1).apply((own) => own + (internal?.keyGeneration ?? 1) - 1),
      },
      { parent },
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
