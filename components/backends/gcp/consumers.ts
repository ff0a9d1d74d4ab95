import { ApiKey } from "@pulumi/gcp/projects/apiKey.js";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import type { GcpBuild } from "./build.ts";
import type { Endpoints } from "./endpoints.ts";
import { endpointsName } from "./needs.ts";
import type { ApiKeys } from "./sidecar/config.ts";

export interface ConsumerKeys {
  /** Newest key by consumer; secret. */
  readonly output: pulumi.Output<Record<string, string>>;
  /** Every accepted key by consumer; secret. */
  readonly accepted: pulumi.Output<ApiKeys>;
}

/** One key of Google per consumer and generation, good for this service only. */
export function consumerKeys(b: GcpBuild, { service, ready }: Endpoints): ConsumerKeys {
  if (b.model.apiKeys === undefined) return { output: pulumi.secret<Record<string, string>>({}), accepted: pulumi.output<ApiKeys>({}) };
  const keys = Object.values(b.model.consumers).map((consumer) => ({
    name: consumer.name,
    keys: generations(consumer).map((generation) => {
      const id = keyId(b.name, consumer.name, generation);
      const key = new ApiKey(
        `${b.name}-key-${consumer.name}-${generation}`,
        {
          name: id,
          project: b.project,
          displayName: `${consumer.name} (generation ${generation})`,
          restrictions: { apiTargets: [{ service: endpointsName(b.model) }] },
        },
        b.opts({ dependsOn: [service, ...ready] }),
      );
      b.enforced.note(key, "require.apiKey", "require.apiKey.plans");
      return pulumi.secret(key.keyString);
    }),
  }));
  const first = Object.fromEntries(keys.map(({ name, keys: [newest] }) => [name, newest ?? pulumi.output("")]));
  const all = Object.fromEntries(keys.map(({ name, keys: values }) => [name, pulumi.all(values)]));
  return { output: pulumi.secret(pulumi.all(first)) as pulumi.Output<Record<string, string>>, accepted: pulumi.all(all) };
}

/** Newest first. */
const generations = ({ keyGeneration, keepPreviousKey }: { keyGeneration: number; keepPreviousKey: boolean }): number[] =>
  keepPreviousKey && keyGeneration > 1 ? [keyGeneration, keyGeneration - 1] : [keyGeneration];

/** Key ids have up to 63 lower-case letters, digits and hyphens. */
const keyId = (gateway: string, consumer: string, generation: number): string =>
  `${gateway}-${consumer.toLowerCase().replace(/[^a-z0-9]/g, "-")}`
    .slice(0, 44)
    .replace(/-+$/, "")
    .concat(`-${digest(consumer).slice(0, 8)}-${generation}`);
