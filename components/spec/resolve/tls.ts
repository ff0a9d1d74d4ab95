import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { Backend, CertificateSource, ClientValidation, FrontTls, Trust } from "../model.ts";
import type { backendTls, clientValidation, frontTls } from "../schema/tls.ts";
import { show } from "../show.ts";
import type { ResolveContext } from "./context.ts";
import { boundedMilliseconds } from "./units.ts";
import { isHost, parseHttpsUrl } from "./url.ts";

const ACME_DIRECTORIES = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

export function resolveFrontTls(tls: z.output<typeof frontTls>, ctx: ResolveContext): FrontTls {
  const { hsts } = tls;
  if (hsts.preload && (!hsts.includeSubdomains || hsts.maxAgeDays < 365)) {
    ctx.fault(
      ["tls", "hsts", "preload"],
      "preload needs includeSubdomains: true and maxAgeDays of 365 or more",
      "set both, or leave preload out",
      [
        ["tls", "hsts", "includeSubdomains"],
        ["tls", "hsts", "maxAgeDays"],
      ],
    );
  }
  return {
    certificate: resolveCertificate(tls.certificate, ctx),
    minimumVersion: tls.minimumVersion,
    clientValidation: tls.clientValidation && resolveClientValidation(tls.clientValidation, ctx),
    hsts: { maxAgeSeconds: hsts.maxAgeDays * 86_400, includeSubdomains: hsts.includeSubdomains, preload: hsts.preload },
  };
}

function resolveCertificate(certificate: z.output<typeof frontTls>["certificate"], ctx: ResolveContext): CertificateSource {
  const path = ["tls", "certificate"];
  switch (certificate.source) {
    case "managed":
      return { source: "managed" };
    case "acme": {
      const known = certificate.directory === "production" || certificate.directory === "staging";
      if (!known) parseHttpsUrl(certificate.directory, [...path, "directory"], ctx);
      return {
        source: "acme",
        email: certificate.email,
        directoryUrl: known ? ACME_DIRECTORIES[certificate.directory as keyof typeof ACME_DIRECTORIES] : certificate.directory,
        keyType: certificate.keyType,
        caCertificates: ctx.certificateList(certificate.caCertificates, [...path, "caCertificates"]),
      };
    }
    case "imported":
      return {
        source: "imported",
        fullchain: ctx.certificates(certificate.fullchain, [...path, "fullchain"]).join("\n"),
        privateKey: certificate.privateKey,
      };
    case "internal":
      // Ten years at most: what lives longer outlives the people who know of it.
      return { source: "internal", validityMs: boundedMilliseconds(certificate.validity, "1h", "87600h", [...path, "validity"], ctx) };
  }
}

function resolveClientValidation(validation: z.output<typeof clientValidation>, ctx: ResolveContext): ClientValidation {
  return {
    caCertificates: ctx.certificateList(validation.caCertificates, ["tls", "clientValidation", "caCertificates"]),
    mode: validation.mode,
    subjectAltNames: [...new Set(validation.subjectAltNames)].sort(),
    certificateHashes: [...new Set(validation.certificateHashes)].sort(),
  };
}

type BackendTlsDocument = z.output<typeof backendTls>;

export function resolveBackendTls(tls: BackendTlsDocument, host: string, path: readonly PathPart[], ctx: ResolveContext): Backend["tls"] {
  const client = tls.clientCertificate;
  const serverName = (tls.serverName ?? host).toLowerCase();
  if (tls.serverName !== undefined && !isHost(serverName))
    ctx.fault(
      [...path, "serverName"],
      `${show(tls.serverName)} is not a host name`,
      "give the DNS name or IP address in the backend's certificate",
    );
  return {
    trust: resolveTrust(tls, path, ctx),
    serverName,
    clientCertificate:
      client === undefined
        ? "none"
        : client === "internal"
          ? "internal"
          : {
              certificate: ctx.certificates(client.certificate, [...path, "clientCertificate", "certificate"]).join("\n"),
              privateKey: client.privateKey,
            },
  };
}

type TrustFields = Pick<BackendTlsDocument, "trust" | "caCertificates" | "certificate" | "reason">;

/** Which material belongs to which trust; anything else given is a contradiction, not a hint. */
const TRUST_FIELD = { public: undefined, internal: undefined, ca: "caCertificates", pinned: "certificate", unverified: "reason" } as const;

export function resolveTrust(fields: TrustFields, path: readonly PathPart[], ctx: ResolveContext): Trust {
  const kind = fields.trust ?? (fields.caCertificates ? "ca" : fields.certificate ? "pinned" : "public");
  const needed = TRUST_FIELD[kind];
  for (const field of ["caCertificates", "certificate", "reason"] as const) {
    if (fields[field] !== undefined && field !== needed) {
      ctx.fault(
        [...path, field],
        `"${field}" has no meaning with trust: ${kind}`,
        `remove "${field}", or set trust to ${field === "caCertificates" ? "ca" : field === "certificate" ? "pinned" : "unverified"}`,
        [[...path, "trust"]],
      );
    }
  }
  if (needed !== undefined && fields[needed] === undefined) {
    ctx.fault(
      [...path, needed],
      `is missing: trust: ${kind} needs it`,
      needed === "reason" ? "say in a sentence why the certificate cannot be verified" : `give "${needed}"`,
      [[...path, "trust"]],
    );
  }
  switch (kind) {
    case "public":
    case "internal":
      return { kind };
    case "ca":
      return { kind, caCertificates: ctx.certificateList(fields.caCertificates ?? [], [...path, "caCertificates"]) };
    case "pinned": {
      const [certificate = "", ...more] =
        fields.certificate === undefined ? [] : ctx.certificates(fields.certificate, [...path, "certificate"]);
      if (more.length > 0)
        ctx.fault(
          [...path, "certificate"],
          `holds ${more.length + 1} certificates`,
          "pin exactly one; for authorities use trust: ca with caCertificates",
        );
      return { kind, certificate };
    }
    case "unverified":
      return { kind, reason: fields.reason ?? "" };
  }
}
