import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js";
import { getRegionOutput } from "@pulumi/aws/getRegion.js";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import type { GatewayModel } from "../../spec/model.ts";
import { type BuildContext, EnforcementRecord, type SecretSource } from "../contract.ts";
import { isEdge } from "./flavour.ts";

/** CloudFront's own region, where its certificates and firewalls live. */
export const EDGE_REGION = "us-east-1";

/** What every part of the AWS backend builds with. */
export class AwsBuild {
  readonly name: string;
  readonly model: GatewayModel;
  readonly edge: boolean;
  readonly secrets: SecretSource;
  readonly enforced: EnforcementRecord;
  /** Tags of every resource that has tags. */
  readonly tags: Record<string, string>;
  readonly #context: BuildContext;
  readonly #parent: pulumi.ComponentResource;
  #account: pulumi.Output<{ accountId: string; arn: string }> | undefined;
  #region: pulumi.Output<string> | undefined;

  constructor(context: BuildContext, parent: pulumi.ComponentResource = context.parent, enforced = new EnforcementRecord()) {
    this.#context = context;
    this.enforced = enforced;
    this.name = context.name;
    this.model = context.model;
    this.edge = isEdge(context.variant);
    this.secrets = context.secrets;
    this.tags = { "secure-gateway": context.name };
    this.#parent = parent;
  }

  /** The same build with another component as the parent. */
  under(parent: pulumi.ComponentResource): AwsBuild {
    return new AwsBuild(this.#context, parent, this.enforced);
  }

  /** Options of a child, on top of which the caller's come. */
  opts(more: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return { parent: this.#parent, ...more };
  }

  /** `region` of regional resources, where the document chooses one. */
  get inRegion(): { region?: string } {
    return this.model.aws.region === undefined ? {} : { region: this.model.aws.region };
  }

  /** Region the gateway runs in. */
  get region(): pulumi.Output<string> {
    this.#region ??=
      this.model.aws.region === undefined
        ? getRegionOutput({}, { parent: this.#parent }).apply((region) => region.region)
        : pulumi.output(this.model.aws.region);
    return this.#region;
  }

  get accountId(): pulumi.Output<string> {
    return this.#identity().apply(({ accountId }) => accountId);
  }

  /** `aws`, `aws-cn` or `aws-us-gov`. */
  get partition(): pulumi.Output<string> {
    return this.#identity().apply(({ arn }) => arn.split(":")[1] ?? "aws");
  }

  #identity(): pulumi.Output<{ accountId: string; arn: string }> {
    this.#account ??= getCallerIdentityOutput({}, { parent: this.#parent });
    return this.#account;
  }
}

/**
 * A physical name as load balancers and target groups take it: 32 letters, digits and hyphens, not starting with `internal-`. It is made from what forces a
 * replacement: changed content is another name, so that the successor can exist before the predecessor goes.
 */
export function contentName(name: string, content: unknown): string {
  const short = name
    .replaceAll("_", "-")
    .replace(/^internal-/, "int-")
    .slice(0, 23)
    .replace(/-+$/, "");
  // What had to be left out of a name still tells it from another.
  const whole = short === name ? content : [name, content];
  return `${short}-${digest(JSON.stringify(whole)).slice(0, 8)}`;
}

/** A policy document as JSON. */
export const policyJson = (...statements: pulumi.Input<Record<string, unknown>>[]): pulumi.Output<string> =>
  pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });

/** Lets a service of AWS assume a role. */
export const assumedBy = (service: string): pulumi.Output<string> =>
  policyJson({ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" });
