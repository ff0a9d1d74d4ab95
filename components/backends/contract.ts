import type * as pulumi from "@pulumi/pulumi";
import type { Fault } from "../spec/faults.ts";
import type { GatewayModel, SecretRef } from "../spec/model.ts";
import type { Capabilities, ControlDecision } from "./capabilities.ts";
import type { ControlId } from "./controls.ts";

export const CLOUDS = ["aws", "azure", "gcp", "local"] as const;
export type Cloud = (typeof CLOUDS)[number];

/** What a reader of a plan must know although nothing is refused: a weakness the document accepted, a cost, a duty that stays with people. */
export interface Finding {
  /** Stable identifier, such as `backend-unverified`. */
  readonly id: string;
  readonly severity: "info" | "warning";
  /** Path in the document. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * The part of a backend that is pure: it loads no cloud SDK, so that `check`, the capability matrix and the editor can ask every cloud at once.
 */
export interface BackendDeclaration {
  readonly cloud: Cloud;
  /** Flavours or tiers, each with a word of explanation for the capability matrix. */
  readonly variants: Readonly<Record<string, string>>;
  /** The variant a model will get; with `auto` settings this is where the choice is made. */
  variantOf(model: GatewayModel): { readonly variant: string; readonly why: string };
  readonly capabilities: Capabilities;
  /** Faults that belong to no single control: quotas of the cloud, names too long, settings of its section that contradict each other. */
  faults(model: GatewayModel): Fault[];
  findings(model: GatewayModel): Finding[];
}

/** What a backend builds with. Everything it creates has `parent` as its parent and a name that starts with `name`. */
export interface BuildContext {
  readonly name: string;
  readonly model: GatewayModel;
  readonly variant: string;
  readonly parent: pulumi.ComponentResource;
  readonly secrets: SecretSource;
  /** Absolute folder that relative paths of the model start from. */
  readonly documentFolder: string;
}

/** Secrets of the stack's configuration. */
export interface SecretSource {
  /** The value, marked secret. @throws when it is missing or stored in the open, naming the key and the command that sets it. */
  get(ref: SecretRef): pulumi.Output<string>;
}

/** A record to create where the zone is not managed by the gateway. */
export interface DnsRecord {
  readonly name: string;
  readonly type: "A" | "AAAA" | "CNAME" | "TXT" | "CAA";
  readonly value: string;
  /** What it is for: `address`, `certificate validation`, `ownership`. */
  readonly purpose: string;
}

export interface CertificateSummary {
  readonly source: "managed" | "acme" | "imported" | "internal";
  readonly issuer: string;
  readonly names: readonly string[];
  /** End of validity, RFC 3339; empty when only the cloud knows. */
  readonly notAfter: string;
  /** PEM of the authority to trust, where it is not a public one; empty otherwise. */
  readonly caCertificate: string;
}

/** What every gateway gives back, whatever the cloud. */
export interface GatewayOutputs {
  readonly url: pulumi.Input<string>;
  readonly hostname: pulumi.Input<string>;
  readonly dnsRecords: pulumi.Input<readonly DnsRecord[]>;
  readonly certificate: pulumi.Input<CertificateSummary>;
  /** API keys by consumer; secret. */
  readonly consumers: pulumi.Output<Record<string, string>>;
  /** On-premises addresses and where their health is seen; undefined without an on-premises backend. */
  readonly bridge: pulumi.Input<BridgeSummary> | undefined;
  /** How to sign test tokens, where the stack has an issuer of its own; secret. */
  readonly issuer?: pulumi.Output<IssuerSummary>;
  /** Where to connect to instead of resolving the host name; only gateways without DNS of their own have it. */
  readonly address?: pulumi.Input<string>;
  /** Where this machine can read what the gateway observes; clouds keep it in services of their own. */
  readonly telemetry?: pulumi.Input<TelemetrySummary>;
}

export interface TelemetrySummary {
  /** File with a line of JSON for each request; null where the document wants no access log. */
  readonly accessLog: string | null;
  /** URL of the metrics in Prometheus' text format, on loopback. */
  readonly metrics: string;
}

export interface BridgeSummary {
  readonly backends: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly via: string;
    readonly health: string;
  }[];
  /** Kubernetes manifest (YAML) of what has to run on premises; only clouds with a gateway of that kind have it. */
  readonly manifest?: string;
}

export interface IssuerSummary {
  readonly provider: string;
  readonly issuer: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly algorithm: string;
  readonly keyId: string;
  readonly privateKeyPem: string;
}

/** Result of a build: the outputs, and for every control which resources enforce it. */
export interface BuildResult {
  readonly outputs: GatewayOutputs;
  readonly enforcedBy: EnforcementRecord;
}

/** Which resources enforce which control; a control asked for and enforced by nothing is a bug that stops the deployment. */
export class EnforcementRecord {
  readonly #resources = new Map<ControlId, Set<pulumi.Resource>>();

  /** Notes that `resource` takes part in enforcing `controls`; returns it, so that calls can wrap a constructor. */
  note<T extends pulumi.Resource>(resource: T, ...controls: ControlId[]): T {
    for (const control of controls) {
      const entry = this.#resources.get(control);
      if (entry) entry.add(resource);
      else this.#resources.set(control, new Set([resource]));
    }
    return resource;
  }

  of(control: ControlId): readonly pulumi.Resource[] {
    return [...(this.#resources.get(control) ?? [])];
  }
}

/** A control as the outputs and the plan list it. */
export interface EnforcedControl extends ControlDecision {
  /** Names of the resources that enforce it. */
  readonly resources: readonly string[];
}

/** A cloud that can run gateways. `build` is synchronous: what decides which resources exist is plain, the rest are inputs and outputs. */
export interface Backend {
  readonly declaration: BackendDeclaration;
  build(context: BuildContext): BuildResult;
}
