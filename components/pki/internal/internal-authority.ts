import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "../../backends/local/resources.ts";
import { AwsPrivateCaIssuer, type AwsPrivateCaSettings } from "./aws-private-ca.ts";
import { GoogleCaServiceIssuer, type GoogleCaServiceSettings } from "./google-ca-service.ts";
import type { CertificateIssuer, IssuedCertificate, LeafRequest } from "./issuer.ts";
import type { Options } from "./keys.ts";
import { LocalIssuer } from "./local-issuer.ts";
import { TlsIssuer, type TlsIssuerSettings } from "./tls-issuer.ts";

/** Who signs, and how. */
export type InternalAuthorityArgs =
  | ({ readonly type: "stack" } & TlsIssuerSettings)
  | { readonly type: "local"; readonly commonName: string; readonly generation?: number }
  | ({ readonly type: "awsPrivateCa" } & AwsPrivateCaSettings)
  | ({ readonly type: "googleCaService" } & GoogleCaServiceSettings);

/**
 * An authority for programs of your own, without a gateway document: everything it issues is its child.
 *
 * @example
 * const authority = new InternalAuthority("shop", { type: "stack", commonName: "Shop", intermediate: {} });
 * const orders = authority.issue("orders", { commonName: "orders", dnsNames: ["orders.internal"], usages: ["server"], validityHours: 2160 });
 */
export class InternalAuthority extends pulumi.ComponentResource implements CertificateIssuer {
  readonly displayName: pulumi.Output<string>;
  readonly roots: readonly pulumi.Output<string>[];
  readonly trustBundlePem: pulumi.Output<string>;
  readonly resources: readonly pulumi.Resource[];
  readonly #issuer: CertificateIssuer;

  /** @throws RunError when lifetimes or generations contradict each other */
  constructor(name: string, args: InternalAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("secure-gateway:pki:InternalAuthority", name, {}, opts);
    this.#issuer = issuerOf(name, args, (more = {}) => ({ parent: this, ...more }));
    this.displayName = this.#issuer.displayName;
    this.roots = this.#issuer.roots;
    this.trustBundlePem = this.#issuer.trustBundlePem;
    this.resources = this.#issuer.resources;
    this.registerOutputs({ trustBundlePem: this.trustBundlePem });
  }

  issue(suffix: string, request: LeafRequest): IssuedCertificate {
    return this.#issuer.issue(suffix, request);
  }
}

function issuerOf(name: string, args: InternalAuthorityArgs, opts: Options): CertificateIssuer {
  switch (args.type) {
    case "stack":
      return new TlsIssuer(name, args, opts);
    case "local": {
      const { commonName, generation = 1 } = args;
      return new LocalIssuer(name, new CertificateAuthority(`${name}-authority`, { commonName, generation }, opts()), opts);
    }
    case "awsPrivateCa":
      return new AwsPrivateCaIssuer(name, args, opts);
    case "googleCaService":
      return new GoogleCaServiceIssuer(name, args, opts);
  }
}
