import { X509Certificate } from "node:crypto";
import type { Backend, GatewayModel } from "../../../components/spec/model.ts";

/** A certificate or authority the gateway shows or trusts. */
export interface CertificateRow {
  /** Where it is used. */
  readonly use: string;
  /** Where it comes from, or who it is. */
  readonly what: string;
  /** Last day of validity, where the document says it. */
  readonly until: string;
}

/** What the gateway shows to clients and backends, and whom it trusts. */
export function certificateRows(model: GatewayModel): CertificateRow[] {
  const { certificate, clientValidation } = model.tls;
  return [
    ...frontRows(model.hostname, certificate),
    ...(clientValidation?.caCertificates ?? []).map((pem) => row("authority of client certificates", pem)),
    ...Object.values(model.jwtProviders).flatMap(({ name, keys }) =>
      keys.kind === "remote" && keys.trust.kind === "ca"
        ? keys.trust.caCertificates.map((pem) => row(`authority of the key server of ${name}`, pem))
        : [],
    ),
    ...Object.values(model.backends).flatMap(backendRows),
  ];
}

function frontRows(hostname: string, certificate: GatewayModel["tls"]["certificate"]): CertificateRow[] {
  const use = `shown to clients for ${hostname}`;
  if (certificate.source === "imported") return [row(use, certificate.fullchain, "imported: ")];
  const what = {
    managed: "issued and renewed by the cloud",
    acme: certificate.source === "acme" ? `from ${new URL(certificate.directoryUrl).host} by ACME, ${certificate.keyType}` : "",
    internal: "issued by the gateway's own authority",
  }[certificate.source];
  return [{ use, what, until: "" }];
}

function backendRows({ name, tls }: Backend): CertificateRow[] {
  const rows: CertificateRow[] = [];
  if (tls.trust.kind === "ca") rows.push(...tls.trust.caCertificates.map((pem) => row(`authority of backend ${name}`, pem)));
  if (tls.trust.kind === "internal") rows.push({ use: `authority of backend ${name}`, what: "the gateway's own authority", until: "" });
  if (tls.trust.kind === "pinned") rows.push(row(`the only certificate accepted of backend ${name}`, tls.trust.certificate));
  if (tls.clientCertificate === "internal")
    rows.push({ use: `shown to backend ${name}`, what: "issued by the gateway's own authority", until: "" });
  else if (tls.clientCertificate !== "none") rows.push(row(`shown to backend ${name}`, tls.clientCertificate.certificate));
  return rows;
}

function row(use: string, pem: string, before = ""): CertificateRow {
  const parsed = new X509Certificate(pem);
  const subject = parsed.subject.split("\n").join(", ");
  return {
    use,
    what: `${before}${subject}, SHA-256 ${parsed.fingerprint256.slice(0, 23)}…`,
    until: parsed.validToDate.toISOString().slice(0, 10),
  };
}
