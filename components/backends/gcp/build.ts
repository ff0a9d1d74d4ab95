import type * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import type { GatewayModel } from "../../spec/model.ts";
import { type BuildContext, EnforcementRecord, type SecretSource } from "../contract.ts";

/** What every part of the Google backend builds with. */
export class GcpBuild {
  readonly name: string;
  readonly model: GatewayModel;
  readonly variant: string;
  readonly secrets: SecretSource;
  readonly enforced = new EnforcementRecord();
  readonly project: string;
  readonly region: string;
  /** Labels of every resource that has labels. */
  readonly labels: Record<string, string>;
  readonly #parent: pulumi.ComponentResource;
  #apis: readonly pulumi.Resource[] = [];

  constructor(context: BuildContext) {
    this.name = context.name;
    this.model = context.model;
    this.variant = context.variant;
    this.secrets = context.secrets;
    this.project = context.model.gcp.project ?? "";
    this.region = context.model.gcp.region ?? "";
    this.labels = { "secure-gateway": context.name };
    this.#parent = context.parent;
  }

  /** APIs that have to be enabled before anything else is made. */
  after(apis: readonly pulumi.Resource[]): void {
    this.#apis = apis;
  }

  /** Options of a child, on top of which the caller's come. */
  opts(more: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    const given = more.dependsOn === undefined ? [] : [more.dependsOn].flat();
    return { parent: this.#parent, ...more, dependsOn: [...this.#apis, ...(given as pulumi.Resource[])] };
  }

  /** Options of a question to the cloud. */
  invokeOpts(): pulumi.InvokeOptions {
    return { parent: this.#parent };
  }

  /** Name, project and labels of a resource that has all three. */
  labelled(suffix: string): { name: string; project: string; labels: Record<string, string> } {
    return { ...this.called(suffix), labels: this.labels };
  }

  /** Name and project of a resource. */
  called(suffix: string): { name: string; project: string } {
    return { name: `${this.name}-${suffix}`, project: this.project };
  }
}

/**
 * A physical name made from what forces a replacement: changed content is another name, so that the successor can exist before the
 * predecessor goes.
 */
export const contentName = (name: string, content: string): string => `${name}-${digest(content).slice(0, 8)}`;
