import type { CertificateSummary, IssuerSummary, TelemetrySummary } from "../components/backends/contract.ts";
import type { VerifyOptions } from "../verify/index.ts";
import { noGateway } from "./errors.ts";
import type { Outputs } from "./outputs.ts";

/**
 * Where a stack's gateway is, and the credentials its outputs hold.
 *
 * @param outputs with their secrets
 * @throws OperationError (`no-stack`) when there is no gateway in them
 */
export function verifyTarget(stack: string, outputs: Outputs): Omit<VerifyOptions, "model"> {
  const { url, address, certificate, issuer, consumers, telemetry } = outputs as {
    url?: string;
    address?: string | null;
    certificate?: CertificateSummary;
    issuer?: IssuerSummary | null;
    consumers?: Record<string, string>;
    telemetry?: TelemetrySummary | null;
  };
  if (url === undefined) throw noGateway(stack);
  return {
    url,
    ...(address ? { address } : {}),
    ...(certificate?.caCertificate ? { caCertificate: certificate.caCertificate } : {}),
    ...(issuer ? { issuer } : {}),
    ...(consumers ? { apiKeys: consumers } : {}),
    ...(telemetry?.accessLog ? { accessLog: telemetry.accessLog } : {}),
    ...(telemetry ? { metricsUrl: telemetry.metrics } : {}),
  };
}
