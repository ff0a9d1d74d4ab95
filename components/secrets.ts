import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import type { SecretSource } from "./backends/contract.ts";
import type { SecretRef } from "./spec/model.ts";

// Part of the SDK's runtime, left out of its typings.
const { isConfigSecret } = runtimeConfig as unknown as { isConfigSecret(key: string): boolean };
const { unknown } = pulumi as unknown as { unknown: pulumi.Input<string> };

/** Secrets of the stack's configuration, in the project's own namespace. */
export class StackSecrets implements SecretSource {
  readonly #config = new pulumi.Config("secure-gateway");

  get({ secret }: SecretRef): pulumi.Output<string> {
    if (withoutSecrets) return pulumi.secret(unknown);
    const key = `secure-gateway:${secret}`;
    const command = `pulumi config set --secret ${key}`;
    if (this.#config.get(secret) === undefined)
      throw new pulumi.RunError(`The document uses the secret "${secret}", which the stack does not have: set it with ${command}`);
    if (!isConfigSecret(key))
      throw new pulumi.RunError(
        `The secret "${secret}" stands in the stack's configuration in the open: replace it with a new one by ${command}`,
      );
    return this.#config.requireSecret(secret);
  }
}

let withoutSecrets = false;

/** Runs `work` with every secret unknown, as an offline plan sees them: it has no key to decrypt them and needs none. */
export async function withUnknownSecrets<T>(work: () => Promise<T>): Promise<T> {
  const before = withoutSecrets;
  withoutSecrets = true;
  try {
    return await work();
  } finally {
    withoutSecrets = before;
  }
}
