import type * as pulumi from "@pulumi/pulumi";
import { SecureGateway, type SecureGatewayArgs } from "../secure-gateway.ts";

/** A secure API gateway on Azure: API Management. Needs the package `@pulumi/azure-native`. */
export class AzureGateway extends SecureGateway {
  /** @throws pulumi.RunError listing every control this cloud cannot enforce. */
  constructor(name: string, args: Omit<SecureGatewayArgs, "cloud">, opts?: pulumi.ComponentResourceOptions) {
    super(name, { ...args, cloud: "azure" }, opts);
  }
}
