import type * as pulumi from "@pulumi/pulumi";
import type { IssuedCertificate } from "../internal/issuer.ts";
import type { ServiceMaterial } from "./material.ts";

/** Where a service's identity has been put. */
export interface Delivery {
  /** Id of the place at its owner: an ARN, a URL, a resource name. Not secret. */
  readonly place: pulumi.Output<string>;
  /** What holds it, and what lets its reader read it. */
  readonly resources: readonly pulumi.Resource[];
}

/**
 * A place for identities. Each service has one of its own there, and one right that names that place and nothing else, so that no service reads
 * another one's key.
 */
export interface CertificateStore {
  /** @param reader Who may read, in the words of the store's owner; nobody is let in where it is undefined */
  deliver(material: ServiceMaterial, reader: string | undefined): Delivery;
  /** Into AWS Certificate Manager, where a store can. */
  importToAcm?(service: string, certificate: IssuedCertificate): Delivery;
}
