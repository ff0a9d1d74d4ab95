import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import { type BuildContext, EnforcementRecord, type SecretSource } from "../contract.ts";
import { type TierFacts, tierFacts } from "./tiers.ts";

/** What every part of the Azure backend builds with. */
export class AzureBuild {
  readonly name: string;
  readonly model: GatewayModel;
  readonly tier: string;
  readonly facts: TierFacts;
  readonly secrets: SecretSource;
  readonly enforced = new EnforcementRecord();
  /** Tags of every resource that has tags. */
  readonly tags: Record<string, string>;
  /** Resource group of everything the stack creates. */
  readonly group: pulumi.Output<string>;
  readonly #parent: pulumi.ComponentResource;
  #client: pulumi.Output<{ subscriptionId: string; tenantId: string }> | undefined;

  constructor(context: BuildContext) {
    this.name = context.name;
    this.model = context.model;
    this.tier = context.variant;
    this.facts = tierFacts(context.variant);
    this.secrets = context.secrets;
    this.tags = { ...context.model.azure.tags, "secure-gateway": context.name };
    this.#parent = context.parent;
    const { resourceGroup } = this.model.azure;
    this.group =
      resourceGroup === undefined
        ? new ResourceGroup(`${this.name}-group`, { tags: this.tags, ...this.inLocation }, this.opts()).name
        : pulumi.output(resourceGroup);
  }

  /** Options of a child, on top of which the caller's come. */
  opts(more: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return { parent: this.#parent, ...more };
  }

  /** `location` of regional resources, where the document chooses one. */
  get inLocation(): { location?: string } {
    return this.model.azure.location === undefined ? {} : { location: this.model.azure.location };
  }

  get tenantId(): pulumi.Output<string> {
    return this.#config().apply(({ tenantId }) => tenantId);
  }

  get subscriptionId(): pulumi.Output<string> {
    return this.#config().apply(({ subscriptionId }) => subscriptionId);
  }

  #config(): pulumi.Output<{ subscriptionId: string; tenantId: string }> {
    this.#client ??= getClientConfigOutput({ parent: this.#parent });
    return this.#client;
  }
}

/** Parts of a resource id by the word before them: `resourceGroups`, `service`, `virtualNetworks` … */
export function partsOfId(id: string): Readonly<Record<string, string>> {
  const segments = id.split("/").slice(1);
  return Object.fromEntries(segments.flatMap((segment, index) => (index % 2 === 0 ? [[segment, segments[index + 1] ?? ""]] : [])));
}
