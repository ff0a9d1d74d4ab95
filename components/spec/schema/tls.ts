import { z } from "zod";
import { duration, pem, secretRef } from "./primitives.ts";

const managedCertificate = z
  .strictObject({ source: z.literal("managed") })
  .meta({ description: "Issued, validated by DNS and renewed by the cloud's own certificate service." });

const acmeCertificate = z
  .strictObject({
    source: z.literal("acme"),
    email: z
      .email("an e-mail address the certificate authority may write to")
      .meta({ description: "Contact address of the ACME account." }),
    directory: z
      .union(
        [
          z.enum(["production", "staging"]),
          z.url({ protocol: /^https$/, error: "production, staging, or the https URL of an ACME directory" }),
        ],
        "production, staging, or the https URL of an ACME directory",
      )
      .default("production")
      .meta({ description: "ACME directory: Let's Encrypt production or staging, or the URL of another one." }),
    keyType: z.enum(["P256", "P384", "RSA2048", "RSA4096"]).default("P256").meta({ description: "Key of the certificate." }),
    caCertificates: z.array(pem).default([]).meta({ description: "CA certificates to trust when talking to a private ACME directory." }),
  })
  .meta({ description: "Obtained from an ACME authority such as Let's Encrypt and renewed in time." });

const importedCertificate = z
  .strictObject({
    source: z.literal("imported"),
    fullchain: pem.meta({ description: "The leaf certificate followed by every intermediate, in order; the root may be left out." }),
    privateKey: secretRef.meta({ description: "The leaf's private key, PEM." }),
  })
  .meta({ description: "Bought from a certificate authority and brought along: full chain and key." });

const internalCertificate = z
  .strictObject({
    source: z.literal("internal"),
    validity: duration.default("2160h").meta({ description: "How long a certificate is valid." }),
  })
  .meta({ description: "Issued by the gateway's own internal authority; for private use, browsers do not trust it." });

export const certificate = z.discriminatedUnion("source", [managedCertificate, acmeCertificate, importedCertificate, internalCertificate]);

export const clientValidation = z
  .strictObject({
    caCertificates: z
      .array(pem)
      .min(1, "at least one CA certificate")
      .meta({ description: "Authorities whose client certificates are accepted." }),
    mode: z.enum(["Required", "Optional"]).default("Required").meta({
      description:
        "Required: no connection without a valid client certificate. Optional: routes with `clientCertificate` in `require` ask for one.",
    }),
    subjectAltNames: z
      .array(z.string().min(1).max(253))
      .default([])
      .meta({ description: "Accepted DNS or URI subject alternative names; empty accepts every name the authorities signed." }),
    certificateHashes: z
      .array(z.string().regex(/^[0-9a-f]{64}$/, "the SHA-256 of the DER certificate, 64 lower-case hexadecimal digits"))
      .default([])
      .meta({ description: "SHA-256 fingerprints of accepted client certificates; empty accepts every one the authorities signed." }),
  })
  .meta({ description: "Client certificates at the front door (mutual TLS)." });

export const frontTls = z
  .strictObject({
    certificate: certificate
      .default({ source: "managed" })
      .meta({ description: "Where the certificate of the public host name comes from." }),
    minimumVersion: z.enum(["1.2", "1.3"]).default("1.2").meta({ description: "Oldest TLS version accepted from clients." }),
    clientValidation: clientValidation.optional(),
    hsts: z
      .strictObject({
        maxAgeDays: z.int().min(1).max(3650).default(730).meta({ description: "Days a browser remembers to use HTTPS only." }),
        includeSubdomains: z.boolean().default(false).meta({ description: "Also for every subdomain of the host name." }),
        preload: z
          .boolean()
          .default(false)
          .meta({ description: "Consent to browsers' preload lists; needs includeSubdomains and 365 days or more." }),
      })
      .prefault({})
      .meta({ description: "HTTP Strict Transport Security (RFC 6797)." }),
  })
  .meta({ description: "TLS at the front door." });

export const backendTls = z
  .strictObject({
    trust: z.enum(["public", "internal", "ca", "pinned", "unverified"]).optional().meta({
      description:
        "How the backend's certificate is verified: public (the public roots), internal (this gateway's own authority), ca (the authorities in caCertificates), pinned (exactly the certificate given), unverified (not at all; needs a reason and stays a finding). Default: ca when caCertificates is set, pinned when certificate is set, else public.",
    }),
    caCertificates: z
      .array(pem)
      .min(1, "at least one CA certificate")
      .optional()
      .meta({ description: "Authorities that sign the backend's certificate." }),
    certificate: pem.optional().meta({ description: "The one certificate accepted, self-signed ones included." }),
    reason: z
      .string()
      .min(10, "a sentence of 10 characters or more")
      .max(500)
      .optional()
      .meta({ description: "Why the certificate is not verified; shown as a finding in every plan." }),
    serverName: z
      .string()
      .max(253)
      .optional()
      .meta({ description: "Name sent as SNI and required in the certificate; default: the host of the backend's URL." }),
    clientCertificate: z
      .union(
        [
          z.literal("internal"),
          z.strictObject({
            certificate: pem.meta({ description: "Client certificate followed by its intermediates." }),
            privateKey: secretRef,
          }),
        ],
        "the word internal, or { certificate, privateKey }",
      )
      .optional()
      .meta({ description: "The certificate the gateway shows to the backend: `internal` issues one from the gateway's own authority." }),
  })
  .meta({ description: "TLS from the gateway to this backend." });
