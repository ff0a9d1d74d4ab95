import { ApiKey } from "@pulumi/aws/apigateway/apiKey.js";
import type { Stage } from "@pulumi/aws/apigateway/stage.js";
import { UsagePlan } from "@pulumi/aws/apigateway/usagePlan.js";
import { UsagePlanKey } from "@pulumi/aws/apigateway/usagePlanKey.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { digest } from "../../digest.ts";
import type { Plan } from "../../spec/model.ts";
import type { ConsumerDigests } from "./authorizer/policy.ts";
import type { AwsBuild } from "./build.ts";
import { needsMeterKey, usedPlans } from "./needs.ts";

interface RegisteredKey {
  readonly name: string;
  readonly consumer: string;
  readonly plan: string | undefined;
  readonly current: boolean;
  readonly value: pulumi.Output<string>;
  readonly key: ApiKey;
}

export interface Consumers {
  /** What the authorizer compares; undefined without API keys. */
  readonly digests: pulumi.Output<ConsumerDigests> | undefined;
  readonly meterKey: pulumi.Output<string> | undefined;
  /** The current key of each consumer; secret. */
  readonly output: pulumi.Output<Record<string, string>>;
  /** Registers keys with usage plans of a stage; that can be done only once the stage is there. */
  attach(stage: Stage): pulumi.Resource[];
}

/** Usage plan of requests that are metered without being a consumer's. */
const METER = "meter";
/** Usage plan of consumers without a plan. */
const UNLIMITED = "unlimited";

/** API keys of the consumers: 256 random bits each, made once and kept in the stack's encrypted state. */
export function consumerKeys(b: AwsBuild): Consumers {
  const keys = b.model.apiKeys === undefined ? [] : Object.values(b.model.consumers).flatMap((consumer) => keysOf(b, consumer));
  const meter = needsMeterKey(b.model) ? register(b, "meter-key") : undefined;
  const values = pulumi.all(keys.map((key) => key.value));
  return {
    digests:
      keys.length === 0
        ? undefined
        : pulumi.unsecret(
            values.apply((texts) =>
              Object.fromEntries(
                texts.map((text, index) => {
                  const { consumer, plan } = keys[index] as RegisteredKey;
                  return [digest(text), { consumer, ...(plan === undefined ? {} : { plan }) }];
                }),
              ),
            ),
          ),
    meterKey: meter?.value,
    output: pulumi.secret(
      values.apply((texts) =>
        Object.fromEntries(keys.flatMap((key, index) => (key.current ? [[key.consumer, texts[index] as string] as const] : []))),
      ),
    ),
    attach: (stage) => {
      const plans = new Set([...usedPlans(b.model), ...keys.map((key) => key.plan ?? UNLIMITED)]);
      const attached = [...plans].sort().flatMap((plan) => {
        const members = keys.filter((key) => (key.plan ?? UNLIMITED) === plan);
        return attachPlan(b, stage, plan, b.model.plans[plan], members);
      });
      return meter ? [...attached, ...attachPlan(b, stage, METER, undefined, [{ name: "meter-key", key: meter.key }])] : attached;
    },
  };
}

/** The key of the current generation and, while it is kept, the one before. A generation keeps its value. */
function keysOf(
  b: AwsBuild,
  consumer: { name: string; plan: string | undefined; keyGeneration: number; keepPreviousKey: boolean },
): RegisteredKey[] {
  const { name, plan, keyGeneration, keepPreviousKey } = consumer;
  return (keepPreviousKey ? [keyGeneration - 1, keyGeneration] : [keyGeneration]).map((generation) => {
    const suffix = `key-${name}-${generation}`;
    const { value, key } = register(b, suffix);
    b.enforced.note(key, "require.apiKey");
    return { name: suffix, consumer: name, plan, current: generation === keyGeneration, value, key };
  });
}

function register(b: AwsBuild, suffix: string): { value: pulumi.Output<string>; key: ApiKey } {
  // An Ed25519 key is 256 random bits; what is used is its digest, which tells nothing of it.
  const source = new PrivateKey(`${b.name}-${suffix}-source`, { algorithm: "ED25519" }, b.opts());
  const value = pulumi.secret(source.privateKeyPemPkcs8.apply(digest));
  const key = new ApiKey(`${b.name}-${suffix}`, { value, description: `${b.name}: ${suffix}`, tags: b.tags, ...b.inRegion }, b.opts());
  return { value, key };
}

function attachPlan(
  b: AwsBuild,
  stage: Stage,
  name: string,
  limits: Plan | undefined,
  members: readonly { name: string; key: ApiKey }[],
): pulumi.Resource[] {
  const rate = limits?.rateLimit;
  const quota = limits?.quota;
  const plan = new UsagePlan(
    `${b.name}-plan-${name}`,
    {
      description: `Plan ${name} of the gateway ${b.name}`,
      apiStages: [{ apiId: stage.restApi, stage: stage.stageName }],
      ...(rate ? { throttleSettings: { rateLimit: (rate.requests * 1000) / rate.periodMs, burstLimit: rate.burst } } : {}),
      // A usage plan's week starts when AWS says so; weeks are left to the authorizer.
      ...(quota && quota.per !== "week" ? { quotaSettings: { limit: quota.requests, period: quota.per === "day" ? "DAY" : "MONTH" } } : {}),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts({ dependsOn: [stage] }),
  );
  if (rate) b.enforced.note(plan, "plan.rateLimit");
  if (quota) b.enforced.note(plan, "plan.quota");
  return members.map(
    (member) =>
      new UsagePlanKey(
        `${b.name}-${member.name}-member`,
        { keyId: member.key.id, keyType: "API_KEY", usagePlanId: plan.id, ...b.inRegion },
        // AWS gives the key's value back here too, and the SDK does not know that it is a secret.
        b.opts({ additionalSecretOutputs: ["value"] }),
      ),
  );
}
