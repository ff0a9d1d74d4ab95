import { isIP } from "node:net";
import type { Trust } from "../../../../components/spec/model.ts";
import { certificates, elements, type Grammar, is, list, maybe, nothing, object, sequence, text } from "../../grammar.ts";
import { message, type Setting, secretOf, watched } from "./values.ts";

/** BoringSSL's names of what RFC 9325 recommends; groups in brackets are equals, of which the client chooses. */
const CIPHERS = is([
  "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
  "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
]);
/** Key exchange that keeps secrets from a quantum computer first; curves everybody has after it. */
const CURVES = is(["X25519MLKEM768", "X25519", "P-256", "P-384"]);
/** No SHA-1 and no MD5, which BoringSSL accepts where nothing is said. */
const SIGNATURES = elements(
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
);

const parameters = (minimum: string, front: boolean): Grammar =>
  object({
    tls_minimum_protocol_version: is(`TLSv1_${minimum.slice(-1)}`),
    tls_maximum_protocol_version: is("TLSv1_3"),
    cipher_suites: CIPHERS,
    ecdh_curves: CURVES,
    signature_algorithms: front ? SIGNATURES : nothing,
  });

const socket = (config: Grammar): Grammar => object({ name: is("envoy.transport_sockets.tls"), typed_config: config });

/** Names are compared whole, and of the kind they are. */
const names = (kinds: readonly string[]): Grammar => list(object({ san_type: is(...kinds), matcher: object({ exact: text() }) }));

/** The door's TLS. */
export function frontTls(setting: Setting): Grammar {
  const { tls } = setting.model;
  const clients = tls.clientValidation;
  const front = secretOf(setting, "front", tls.certificate.source === "acme" ? "acme/front.json" : setting.secret("front"));
  return socket(
    message("extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
      common_tls_context: object({
        tls_params: parameters(tls.minimumVersion, true),
        alpn_protocols: is(["h2", "http/1.1"]),
        tls_certificate_sds_secret_configs: sequence(front),
        validation_context: clients
          ? object({
              trusted_ca: object({ inline_string: certificates }),
              match_typed_subject_alt_names: maybe(names(["DNS", "URI"])),
              verify_certificate_hash: maybe(list(text(/^[0-9a-f]{64}$/))),
            })
          : nothing,
      }),
      require_client_certificate: clients ? is(clients.mode === "Required") : nothing,
      // A resumed session would skip the check of the certificate.
      disable_stateless_session_resumption: clients ? is(true) : nothing,
      disable_stateful_session_resumption: clients ? is(true) : nothing,
    }),
  );
}

/** What is shown to and asked of a server the gateway connects to. */
export interface Upstream {
  readonly trust: Trust;
  readonly serverName: string;
  readonly clientSecret: string | undefined;
  readonly alpn: readonly string[];
}

/** TLS to a server; which roots and which name, `observeBackends` compares with the document. */
export function upstreamTls(setting: Setting, { trust, serverName, clientSecret, alpn }: Upstream): Grammar {
  const address = isIP(serverName) !== 0;
  const named = sequence(object({ san_type: is(address ? "IP_ADDRESS" : "DNS"), matcher: is({ exact: serverName }) }));
  const common: Record<string, Grammar> = {
    tls_params: parameters("1.2", false),
    alpn_protocols: is(alpn),
    tls_certificate_sds_secret_configs: clientSecret === undefined ? nothing : sequence(secretOf(setting, clientSecret)),
  };
  const own = (fields: Record<string, Grammar>) => ({ ...common, validation_context: object(fields) });
  const inline = object({ inline_string: certificates });
  const forms: Record<Trust["kind"], Record<string, Grammar>> = {
    public: own({ trusted_ca: object({ filename: text(/\.(pem|crt)$/) }), match_typed_subject_alt_names: named }),
    ca: own({ trusted_ca: inline, match_typed_subject_alt_names: named }),
    pinned: own({ trusted_ca: inline, verify_certificate_hash: list(text(/^[0-9a-f]{64}$/), 1, 1) }),
    internal: {
      ...common,
      combined_validation_context: object({
        default_validation_context: object({ match_typed_subject_alt_names: named }),
        validation_context_sds_secret_config: object({ name: is("authority"), sds_config: watched(setting.secret("authority")) }),
      }),
    },
    // Verification is given up here by the document.
    unverified: common,
  };
  return socket(
    message("extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      sni: address ? nothing : is(serverName),
      common_tls_context: object(forms[trust.kind]),
    }),
  );
}
