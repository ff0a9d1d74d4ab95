import type { ClientValidation, GatewayModel } from "../../../spec/model.ts";
import { frontReference } from "./layout.ts";
import { type JsonObject, present, typed } from "./values.ts";

/** Suites of TLS 1.2 with forward secrecy and authenticated encryption; those of 1.3 are all of that kind and not configurable. */
const CIPHERS = [
  "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
  "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];

/** Key exchange; the first is a hybrid with a post-quantum part. */
const CURVES = ["X25519MLKEM768", "X25519", "P-256", "P-384"];

/** What the gateway signs handshakes with: without this, a client that offers nothing better gets SHA-1. */
const SIGNATURES = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
];

/** TLS versions, as Envoy spells them. */
const VERSIONS = { "1.2": "TLSv1_2", "1.3": "TLSv1_3" } as const;

export const tlsParameters = (minimum: "1.2" | "1.3"): JsonObject => ({
  tls_minimum_protocol_version: VERSIONS[minimum],
  tls_maximum_protocol_version: VERSIONS["1.3"],
  cipher_suites: CIPHERS,
  ecdh_curves: CURVES,
});

/** TLS at the front door. */
export function frontTls(model: GatewayModel, folder: string): JsonObject {
  const { tls } = model;
  const { clientValidation } = tls;
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed(
      "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
      present({
        common_tls_context: present({
          tls_params: { ...tlsParameters(tls.minimumVersion), signature_algorithms: SIGNATURES },
          alpn_protocols: ["h2", "http/1.1"],
          tls_certificate_sds_secret_configs: [frontReference(folder, model)],
          validation_context: clientValidation && clientContext(clientValidation),
        }),
        require_client_certificate: clientValidation && clientValidation.mode === "Required",
        // A resumed session would skip the check of a client certificate that has been withdrawn since.
        disable_stateless_session_resumption: clientValidation && true,
        disable_stateful_session_resumption: clientValidation && true,
      }),
    ),
  };
}

/** Chain, validity and purpose are always checked; names and fingerprints where given, and then both must fit. */
function clientContext({ caCertificates, subjectAltNames, certificateHashes }: ClientValidation): JsonObject {
  return present({
    trusted_ca: { inline_string: caCertificates.join("\n") },
    verify_certificate_hash: certificateHashes.length > 0 ? certificateHashes : undefined,
    match_typed_subject_alt_names:
      subjectAltNames.length > 0
        ? subjectAltNames.flatMap((name) => ["DNS", "URI"].map((type) => ({ san_type: type, matcher: { exact: name } })))
        : undefined,
  });
}
