import { composed, everywhere, native, type Restriction, refused } from "../../capabilities.ts";

const certificateHow = "Envoy secret discovery from one watched file with the full chain; changes without a restart";

/** With names or fingerprints of its own the listener asks everyone for a certificate. */
const optionalForAll: Restriction = {
  rule: "without subjectAltNames and certificateHashes next to mode: Optional",
  check: ({ tls: { clientValidation } }) =>
    clientValidation && clientValidation.subjectAltNames.length + clientValidation.certificateHashes.length > 0
      ? {
          reason: "Envoy requires a certificate from every client as soon as names or fingerprints are listed for all of them",
          remedy:
            "set mode: Required, or leave subjectAltNames and certificateHashes out and give the names on routes, in require.clientCertificate.subjectAltNames",
        }
      : undefined,
};

/** The authority asks over plain HTTP whether the name is ours. */
const challengesReachable: Restriction = {
  rule: "with http: redirect",
  check: ({ http }) =>
    http === "refuse"
      ? {
          reason: "the authority's challenge (HTTP-01) is answered on the port of plain HTTP, which http: refuse closes",
          remedy: "set http: redirect, or use source: internal or imported",
        }
      : undefined,
};

/** The front door: TLS, plain HTTP, what a request may look like. */
export const FRONT = {
  "tls.version": everywhere(
    native("Envoy TLS: declared minimum to 1.3; ECDHE with AES-GCM or ChaCha20 only; X25519MLKEM768, X25519, P-256, P-384"),
  ),
  "tls.certificate.managed": everywhere(
    refused(
      "there is no cloud here that could issue a certificate",
      "use source: acme for a public name, internal for private use, or imported with a certificate of your own",
    ),
  ),
  "tls.certificate.acme": everywhere(
    composed(
      `ACME client of the gateway's agent: HTTP-01 on the port of plain HTTP, renewed when the authority suggests (RFC 9773) or in the last third; ${certificateHow}`,
    ),
    challengesReachable,
  ),
  "tls.certificate.imported": everywhere(native(certificateHow)),
  "tls.certificate.internal": everywhere(
    composed(`Certificate of the stack's own authority, renewed in its last third by the next up; ${certificateHow}`),
  ),
  "tls.hsts": everywhere(native("Header mutation filter on answers, and local reply mappers for what is answered before filters run")),
  "tls.clientValidation.required": everywhere(
    native("Envoy TLS: the handshake fails without a certificate of the declared authorities that is for clients"),
  ),
  "tls.clientValidation.optional": everywhere(
    native("Envoy TLS verifies a certificate that is shown; routes ask for it by RBAC"),
    optionalForAll,
  ),
  "tls.clientValidation.names": everywhere(native("Envoy TLS: match_typed_subject_alt_names, DNS and URI, exact")),
  "tls.clientValidation.hashes": everywhere(native("Envoy TLS: verify_certificate_hash, besides the chain")),
  "http.redirect": everywhere(native("Listener that only redirects: 308 to https with the gateway's port, for the host name served")),
  "http.refuse": everywhere(native("No listener on the port")),
  "host.only": everywhere(
    native("Filter chain by SNI, no default chain: other names get no handshake; virtual host: another Host is answered 421"),
  ),
  "clientIp.trustedHops": everywhere(
    native("use_remote_address with xff_num_trusted_hops; without trusted proxies X-Forwarded-For is removed"),
  ),
  "request.path": everywhere(
    native(
      "normalize_path, merge_slashes, escaped slashes and backslashes refused; RBAC refuses what else could be read twice",
      "`\\` and dot segments with parameters such as `..;` are not answered 400: they are resolved like `/` and `..`, and the path they lead to is judged and passed on",
    ),
  ),
  "request.size": everywhere(
    native(
      "RBAC with CEL for URL and headers, body size filter for bodies",
      "over HTTP/2 headers beyond both limits together and 16 KiB more reset the stream instead of 431; the request line counts as a header",
    ),
  ),
  "request.framing": everywhere(
    native(
      "Envoy's codecs refuse Content-Length with Transfer-Encoding, repeated or odd lengths, other transfer codings and HTTP/1.0; requests are written anew for the backend",
      "line folding and bare line feeds are read as RFC 9112 allows and never passed on",
    ),
  ),
  "request.headers": everywhere(
    native(
      "Early header mutation removes identity and forwarding headers, names with underscores are dropped; header mutation and the token filter set the gateway's own",
    ),
  ),
  "errors.problem": everywhere(
    native("Local reply mappers", "gRPC clients get grpc-status and grpc-message; requests with Upgrade or CONNECT are answered 403"),
  ),
  waf: everywhere(
    refused(
      "Envoy has no maintained rules against common attacks",
      "set waf: off and put a web application firewall in front (clientIp.trustedHops), or choose a cloud that has one",
    ),
  ),
  "ddos.standard": everywhere(
    composed(
      "Envoy overload manager: connections, memory, timeouts on headers, requests and idle streams; bounded HTTP/2 streams and windows",
    ),
  ),
  "ddos.advanced": everywhere(
    refused(
      "a host cannot withstand floods larger than its line",
      "set ddos: standard, or choose a cloud, or put a scrubbing service in front",
    ),
  ),
  edge: everywhere(refused("there is no edge network here", "set edge: none")),
  "dns.zone": everywhere(
    refused("no DNS zone is managed here", "leave dns.zone out and create the record yourself; the address is in the outputs"),
  ),
} as const;
