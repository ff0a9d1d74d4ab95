import type { Api } from "@pulumi/azure-native/apimanagement/api.js";
import { Product } from "@pulumi/azure-native/apimanagement/product.js";
import { ProductApi } from "@pulumi/azure-native/apimanagement/productApi.js";
import { Subscription } from "@pulumi/azure-native/apimanagement/subscription.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { digest } from "../../digest.ts";
import type { Consumer } from "../../spec/model.ts";
import type { AzureBuild } from "./build.ts";
import { usedPlans } from "./needs.ts";
import { subscriptionId } from "./policy/grant.ts";
import type { Service } from "./service.ts";

export interface Consumers {
  /** The current key of each consumer; secret. */
  readonly output: pulumi.Output<Record<string, string>>;
  /** Writes to the API that others must not overlap. */
  readonly last: pulumi.Resource;
}

/** A product for each plan, a subscription for each consumer; limits of plans stand in the API's policy, which knows the consumer. */
export function consumers(b: AzureBuild, service: Service, api: Api, after: pulumi.Resource): Consumers {
  const inService = { resourceGroupName: service.group, serviceName: service.name };
  let last = after;
  const products = new Map<string, Product>();
  for (const plan of usedPlans(b.model)) {
    const product = new Product(
      `${b.name}-plan-${plan}`,
      {
        ...inService,
        productId: `${b.name}-${plan.toLowerCase()}`,
        displayName: `${b.name}: ${plan}`,
        description: `Plan ${plan} of the gateway ${b.name}`,
        state: "published",
        subscriptionRequired: true,
        approvalRequired: true,
      },
      b.opts(),
    );
    products.set(plan, product);
    // Two writes to one API cannot happen at the same time.
    last = new ProductApi(
      `${b.name}-plan-${plan}-api`,
      { ...inService, productId: product.name, apiId: api.name },
      b.opts({ dependsOn: [last, product] }),
    );
  }
  const keys = b.model.apiKeys === undefined ? [] : Object.values(b.model.consumers).map((consumer) => keysOf(b, consumer));
  for (const { consumer, current, other } of keys) {
    const product = consumer.plan === undefined ? undefined : products.get(consumer.plan);
    const subscription = new Subscription(
      `${b.name}-consumer-${consumer.name}`,
      {
        ...inService,
        sid: subscriptionId(b.name, consumer),
        displayName: `${b.name}: ${consumer.name}`,
        scope: product?.id ?? api.id,
        primaryKey: current,
        secondaryKey: other,
        state: "active",
        allowTracing: false,
      },
      b.opts({ dependsOn: [last] }),
    );
    b.enforced.note(subscription, "require.apiKey", "require.apiKey.plans");
  }
  return {
    output: pulumi.secret(
      pulumi
        .all(keys.map(({ current }) => current))
        .apply((values) => Object.fromEntries(values.map((value, index) => [keys[index]?.consumer.name ?? "", value]))),
    ),
    last,
  };
}

/**
 * The two keys every subscription has: the current generation's, and the one before while it is kept. Where it is not, the second key is one
 * that nobody is ever given; left out, the service would keep the old one.
 */
function keysOf(b: AzureBuild, consumer: Consumer) {
  const { name, keyGeneration, keepPreviousKey } = consumer;
  const current = keyOf(b, `key-${name}-${keyGeneration}`);
  const other = keepPreviousKey ? keyOf(b, `key-${name}-${keyGeneration - 1}`) : keyOf(b, `key-${name}-${keyGeneration}-unused`);
  return { consumer, current, other };
}

/** 256 random bits, made once and kept in the stack's encrypted state: an Ed25519 key's digest, which tells nothing of it. */
function keyOf(b: AzureBuild, suffix: string): pulumi.Output<string> {
  const source = new PrivateKey(`${b.name}-${suffix}-source`, { algorithm: "ED25519" }, b.opts());
  return pulumi.secret(source.privateKeyPemPkcs8.apply(digest));
}
