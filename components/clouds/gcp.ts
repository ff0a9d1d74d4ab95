import type * as pulumi from "@pulumi/pulumi";
import { SecureGateway, type SecureGatewayArgs } from "../secure-gateway.ts";

/** A secure API gateway on Google Cloud: a load balancer in front of Cloud Run or GKE. Needs the package `@pulumi/gcp`. */
export class GcpGateway extends SecureGateway {
  /** @throws pulumi.RunError listing every control this cloud cannot enforce. */
  constructor(name: string, args: Omit<SecureGatewayArgs, "cloud">, opts?: pulumi.ComponentResourceOptions) {
    super(name, { ...args, cloud: "gcp" }, opts);
  }
}
