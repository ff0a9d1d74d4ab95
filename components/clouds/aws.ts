import type * as pulumi from "@pulumi/pulumi";
import { SecureGateway, type SecureGatewayArgs } from "../secure-gateway.ts";

/** A secure API gateway on Amazon Web Services: a REST or HTTP API of API Gateway. Needs the package `@pulumi/aws`. */
export class AwsGateway extends SecureGateway {
  /** @throws pulumi.RunError listing every control this cloud cannot enforce. */
  constructor(name: string, args: Omit<SecureGatewayArgs, "cloud">, opts?: pulumi.ComponentResourceOptions) {
    super(name, { ...args, cloud: "aws" }, opts);
  }
}
