import type { Rule, RuleContext } from "../../core/rule.ts";
import { isObject, letters, text, timestamp, type Values } from "../../core/values.ts";

/** The account of the simulated cloud: the number AWS's documentation uses. */
export const ACCOUNT_ID = "123456789012";

const FORCE_NEW =
  "ForceNew in the resource's schema of hashicorp/terraform-provider-aws (read at July 2021; what is newer from the SDK's typings), names as in @pulumi/aws";

/** Where the resource lives: its own `region`, else the provider's. */
export const regionOf = ({ inputs, account }: RuleContext): string => text(inputs.region ?? account.config.region);

export const arnOf = (context: RuleContext, service: string, resource: string): string =>
  `arn:aws:${service}:${regionOf(context)}:${ACCOUNT_ID}:${resource}`;

/** ARN of a service that has no region. */
export const globalArn = (service: string, resource: string): string => `arn:aws:${service}::${ACCOUNT_ID}:${resource}`;

/** An identifier in the form of API Gateway: ten lower-case letters and digits. */
export const shortId = ({ hex }: RuleContext, length = 10): string => letters(length, "abcdefghijklmnopqrstuvwxyz0123456789", hex(64));

/** An identifier in the form of EC2: prefix and 17 hexadecimal digits. */
export const ec2Id =
  (prefix: string) =>
  ({ hex }: RuleContext): string =>
    `${prefix}-0${hex(16)}`;

/** Time of the first write; later ones keep it. */
export const createdAt = ({ previous, now }: RuleContext, property: string): string =>
  typeof previous[property] === "string" ? previous[property] : timestamp(now);

export type Facts = Omit<Rule, "type" | "source"> & {
  readonly source?: string;
  /** The provider makes up a name: the resource's name and seven digits; a number limits its length. */
  readonly named?: true | number;
};

/** A rule of the AWS provider; `aws("lb/listener:Listener", …)`. */
export function aws(type: string, { named, ...facts }: Facts): Rule {
  return {
    source: FORCE_NEW,
    ...(named === undefined
      ? {}
      : { autoName: { property: "name", unless: "namePrefix", ...(named === true ? {} : { maxLength: named }) } }),
    ...facts,
    type: `aws:${type}`,
    replaceOn: [...(facts.replaceOn ?? []), "region"],
  };
}

/** Tags of the provider's `defaultTags` and the resource's own. */
export function allTags({ inputs, account }: RuleContext): Values {
  const defaults = isObject(account.config.defaultTags) ? account.config.defaultTags.tags : undefined;
  return { ...(isObject(defaults) ? defaults : {}), ...(isObject(inputs.tags) ? inputs.tags : {}) };
}

/** A name the program gave, or one made from its prefix. */
export const nameOf = (context: RuleContext): string =>
  text(context.inputs.name ?? `${text(context.inputs.namePrefix)}${context.hex(26, "name")}`);
