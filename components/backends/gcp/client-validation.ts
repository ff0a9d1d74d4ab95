import { TrustConfig } from "@pulumi/gcp/certificatemanager/trustConfig.js";
import { ServerTlsPolicy } from "@pulumi/gcp/networksecurity/serverTlsPolicy.js";
import type { GcpBuild } from "./build.ts";
import { contentName } from "./build.ts";

/** Refuses handshakes without a valid client certificate of the declared authorities; undefined where none is asked for. */
export function clientValidation(b: GcpBuild): ServerTlsPolicy | undefined {
  const validation = b.model.tls.clientValidation;
  if (validation === undefined) return undefined;
  const trust = new TrustConfig(
    `${b.name}-client-authorities`,
    {
      ...b.labelled("client-authorities"),
      location: "global",
      trustStores: [{ trustAnchors: validation.caCertificates.map((pemCertificate) => ({ pemCertificate })) }],
    },
    b.opts(),
  );
  const policy = new ServerTlsPolicy(
    `${b.name}-client-certificates`,
    {
      ...b.labelled(contentName("client-certificates", validation.mode)),
      location: "global",
      allowOpen: false,
      mtlsPolicy: { clientValidationMode: "REJECT_INVALID", clientValidationTrustConfig: trust.id },
    },
    b.opts(),
  );
  for (const resource of [trust, policy]) b.enforced.note(resource, "tls.clientValidation.required", "require.clientCertificate");
  return policy;
}
