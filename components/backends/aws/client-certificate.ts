import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { splitChain } from "../../pki/chain.ts";
import { gatewayIdentity } from "../../pki/identity.ts";
import { type CertificateIssuer, wholeChain } from "../../pki/internal/issuer.ts";
import { matchingKey } from "../../pki/matching-key.ts";
import type { AwsBuild } from "./build.ts";

/** Validity of a client certificate of the stack's own authority: a year, renewed by the first deployment in its last third. */
const HOURS = 365 * 24;

/** The certificate the stage shows to backends, in ACM; undefined when no backend wants one. */
export function backendClientCertificate(b: AwsBuild, authority: () => CertificateIssuer): Certificate | undefined {
  const backend = Object.values(b.model.backends).find((candidate) => candidate.tls.clientCertificate !== "none");
  const wanted = backend?.tls.clientCertificate;
  if (backend === undefined || wanted === undefined || wanted === "none") return undefined;
  const make = (args: ConstructorParameters<typeof Certificate>[1]) =>
    new Certificate(`${b.name}-client-certificate`, { ...args, tags: b.tags, ...b.inRegion }, b.opts());
  if (wanted === "internal") {
    const issued = authority().issue("client", {
      commonName: `${b.name} gateway`,
      dnsNames: [b.model.hostname],
      uris: [gatewayIdentity(b.model.hostname)],
      usages: ["client"],
      validityHours: HOURS,
    });
    return b.enforced.note(
      make({ certificateBody: issued.certificatePem, certificateChain: wholeChain(issued), privateKey: issued.privateKeyPem }),
      "backend.clientCertificate.internal",
    );
  }
  const { leaf, chain } = splitChain(wanted.certificate);
  const path = `backends.${backend.name}.tls.clientCertificate.privateKey`;
  return b.enforced.note(
    make({
      certificateBody: leaf,
      ...(chain === "" ? {} : { certificateChain: chain }),
      privateKey: matchingKey(b.secrets.get(wanted.privateKey), wanted.certificate, path),
    }),
    "backend.clientCertificate.imported",
  );
}
