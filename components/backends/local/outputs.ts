import { isIP } from "node:net";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import type { BridgeSummary, DnsRecord, IssuerSummary, TelemetrySummary } from "../contract.ts";
import { FILES } from "./envoy/layout.ts";
import { issuerAlgorithm } from "./issuer.ts";
import type { SigningKey } from "./resources.ts";

export const urlOf = ({ hostname, local }: GatewayModel): string =>
  `https://${hostname}${local.httpsPort === 443 ? "" : `:${local.httpsPort}`}`;

/** The record other machines need; a gateway on loopback or on every address has none to name. */
export function dnsRecords({ hostname, local }: GatewayModel): DnsRecord[] {
  const { address } = local;
  if (address === "0.0.0.0" || address === "::" || address === "::1" || address.startsWith("127.")) return [];
  return [{ name: hostname, type: isIP(address) === 6 ? "AAAA" : "A", value: address, purpose: "address" }];
}

export function bridge({ backends, local }: GatewayModel): BridgeSummary | undefined {
  const premises = Object.values(backends).flatMap(({ name, network }) =>
    network.type === "onPremises"
      ? [{ name, addresses: network.addresses, via: "this host", health: `http://127.0.0.1:${local.adminPort}/metrics` }]
      : [],
  );
  return premises.length === 0 ? undefined : { backends: premises };
}

export const telemetry = ({ local, observability }: GatewayModel, directory: string): TelemetrySummary => ({
  accessLog: observability.accessLogs ? join(directory, FILES.accessLog) : null,
  metrics: `http://127.0.0.1:${local.adminPort}/metrics`,
});

export function issuerSummary(model: GatewayModel, key: SigningKey | undefined): pulumi.Output<IssuerSummary> | undefined {
  const provider = model.jwtProviders[model.local.issuer?.provider ?? ""];
  const algorithm = issuerAlgorithm(model);
  if (key === undefined || provider === undefined || algorithm === undefined) return undefined;
  return pulumi.secret(
    pulumi.all([key.keyId, key.privateKeyPem]).apply(([keyId, privateKeyPem]) => ({
      provider: provider.name,
      issuer: provider.issuer,
      audience: provider.audiences[0] ?? "",
      scopes: provider.scopes,
      algorithm,
      keyId,
      privateKeyPem,
    })),
  );
}
