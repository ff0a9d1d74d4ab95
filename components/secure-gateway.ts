import * as pulumi from "@pulumi/pulumi";
import type { ControlDecision } from "./backends/capabilities.ts";
import type {
  BridgeSummary,
  CertificateSummary,
  Cloud,
  DnsRecord,
  EnforcedControl,
  EnforcementRecord,
  IssuerSummary,
  TelemetrySummary,
} from "./backends/contract.ts";
import { judge, refusalMessage } from "./backends/judge.ts";
import { loadBackend } from "./backends/load-backend.ts";
import { StackSecrets } from "./secrets.ts";
import type { GatewayModel } from "./spec/model.ts";
import { nameOfUrn } from "./urn.ts";

export interface SecureGatewayArgs {
  /**
   * Where the gateway runs.
   * Allowed: `aws`, `azure`, `gcp`, `local`.
   */
  readonly cloud: Cloud;
  /**
   * What the gateway is, from `loadModel`.
   *
   * @example
   * const model = await loadModel({ file: "gateways/shop.yaml" });
   * new SecureGateway("shop", { cloud: "aws", model });
   */
  readonly model: GatewayModel;
  /**
   * Folder that relative paths of the model (the commands of `local.services`) start from.
   *
   * @default the current folder
   */
  readonly documentFolder?: string;
}

/**
 * A secure API gateway on one cloud or on this machine. Everything the model asks for is enforced there, or the constructor throws before the first resource.
 *
 * @throws pulumi.RunError listing every control the cloud cannot enforce, each with its place in the document and the remedy.
 */
export class SecureGateway extends pulumi.ComponentResource {
  /** `https://` URL of the gateway. */
  readonly url: pulumi.Output<string>;
  readonly hostname: pulumi.Output<string>;
  /** Records to create where DNS is elsewhere; empty where the gateway manages its zone. */
  readonly dnsRecords: pulumi.Output<readonly DnsRecord[]>;
  readonly certificate: pulumi.Output<CertificateSummary>;
  /** Every control asked for: how it is enforced, by which resources. */
  readonly controls: pulumi.Output<readonly EnforcedControl[]>;
  /** API keys by consumer; secret. */
  readonly consumers: pulumi.Output<Record<string, string>>;
  /** On-premises backends; null without any. */
  readonly bridge: pulumi.Output<BridgeSummary | null>;
  /** How to sign test tokens; null unless the stack has an issuer of its own. Secret. */
  readonly issuer: pulumi.Output<IssuerSummary | null>;
  /** Address to connect to instead of resolving the host name; null where DNS leads to the gateway. */
  readonly address: pulumi.Output<string | null>;
  /** Access log and metrics as this machine can read them; null where the cloud keeps them. */
  readonly telemetry: pulumi.Output<TelemetrySummary | null>;

  constructor(name: string, args: SecureGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("secure-gateway:index:SecureGateway", name, {}, opts);
    const { cloud, model } = args;
    const judgement = judge(cloud, model);
    if (judgement.faults.length > 0) throw new pulumi.RunError(refusalMessage(cloud, judgement.faults));

    const { outputs, enforcedBy } = loadBackend(cloud).build({
      name,
      model,
      variant: judgement.variant,
      parent: this,
      secrets: new StackSecrets(),
      documentFolder: args.documentFolder ?? process.cwd(),
    });

    this.url = pulumi.output(outputs.url);
    this.hostname = pulumi.output(outputs.hostname);
    this.dnsRecords = pulumi.output(outputs.dnsRecords) as pulumi.Output<readonly DnsRecord[]>;
    this.certificate = pulumi.output(outputs.certificate);
    this.controls = enforcedControls(cloud, judgement.decisions, enforcedBy);
    this.consumers = pulumi.secret(outputs.consumers);
    this.bridge = pulumi.output(outputs.bridge ?? null);
    this.issuer = pulumi.secret(outputs.issuer ?? null);
    this.address = pulumi.output(outputs.address ?? null);
    this.telemetry = pulumi.output(outputs.telemetry ?? null);
    this.registerOutputs(this.outputs());
  }

  /** The same outputs for every cloud, as the program exports them. */
  outputs(): Record<string, pulumi.Output<unknown>> {
    const { url, hostname, dnsRecords, certificate, controls, consumers, bridge, issuer, address, telemetry } = this;
    return { url, hostname, dnsRecords, certificate, controls, consumers, bridge, issuer, address, telemetry };
  }
}

function enforcedControls(
  cloud: Cloud,
  decisions: readonly ControlDecision[],
  enforcedBy: EnforcementRecord,
): pulumi.Output<EnforcedControl[]> {
  const unkept = decisions.filter((decision) => enforcedBy.of(decision.control).length === 0);
  if (unkept.length > 0) {
    throw new pulumi.RunError(
      `No resource of the ${cloud} backend enforces ${unkept.map((decision) => decision.control).join(", ")}, although it declares that it can. Nothing was deployed; this is a fault of the backend, please report it.`,
    );
  }
  return pulumi.all(
    decisions.map((decision) =>
      pulumi
        .all(enforcedBy.of(decision.control).map((resource) => resource.urn))
        .apply((urns) => ({ ...decision, resources: urns.map(nameOfUrn) })),
    ),
  );
}
