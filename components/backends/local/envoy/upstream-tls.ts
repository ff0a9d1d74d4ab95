import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Backend, Trust } from "../../../spec/model.ts";
import { tlsParameters } from "./front-tls.ts";
import { FILES, inFolder, SECRETS, secretReference } from "./layout.ts";
import type { RenderOptions } from "./materials.ts";
import { type JsonObject, present, typed } from "./values.ts";

/** How the gateway talks TLS to a server: whom it trusts, which name it expects, which certificate it shows. */
export interface UpstreamTls {
  readonly trust: Trust;
  readonly serverName: string;
  /** Name of the secret with the client certificate. */
  readonly clientSecret: string | undefined;
  readonly alpn: readonly string[];
}

export function upstreamTls({ trust, serverName, clientSecret, alpn }: UpstreamTls, options: RenderOptions): JsonObject {
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed(
      "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      present({
        // SNI carries DNS names only (RFC 6066).
        sni: isIP(serverName) === 0 ? serverName : undefined,
        common_tls_context: present({
          tls_params: tlsParameters("1.2"),
          alpn_protocols: alpn,
          tls_certificate_sds_secret_configs: clientSecret === undefined ? undefined : [secretReference(options.folder, clientSecret)],
          ...validation(trust, serverName, options),
        }),
      }),
    ),
  };
}

function validation(trust: Trust, serverName: string, options: RenderOptions): JsonObject {
  const names = [{ san_type: isIP(serverName) === 0 ? "DNS" : "IP_ADDRESS", matcher: { exact: serverName } }];
  switch (trust.kind) {
    case "public":
      return { validation_context: { trusted_ca: { filename: publicRootsFile(options) }, match_typed_subject_alt_names: names } };
    case "ca":
      return {
        validation_context: { trusted_ca: { inline_string: trust.caCertificates.join("\n") }, match_typed_subject_alt_names: names },
      };
    case "internal":
      return {
        combined_validation_context: {
          default_validation_context: { match_typed_subject_alt_names: names },
          validation_context_sds_secret_config: secretReference(options.folder, SECRETS.authority),
        },
      };
    case "pinned":
      // The certificate as its own root has its validity checked; the fingerprint makes it the only one.
      return {
        validation_context: { trusted_ca: { inline_string: trust.certificate }, verify_certificate_hash: [fingerprint(trust.certificate)] },
      };
    case "unverified":
      return {};
  }
}

const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();

const publicRootsFile = ({ publicRoots, folder }: RenderOptions): string =>
  "file" in publicRoots ? publicRoots.file : inFolder(folder, FILES.publicRoots);

/** The secret a backend's client certificate comes from. */
export function clientSecretOf({ name, tls }: Backend): string | undefined {
  if (tls.clientCertificate === "none") return undefined;
  return tls.clientCertificate === "internal" ? SECRETS.gateway : SECRETS.client(name);
}
