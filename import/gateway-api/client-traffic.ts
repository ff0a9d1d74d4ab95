import { show } from "../../components/spec/show.ts";
import type { Draft } from "../draft.ts";
import type { KubeBackends } from "./backends.ts";
import { type KubeObject, targetsOf } from "./objects.ts";

/** ClientTrafficPolicy: what is asked of connections of clients. */
export function readClientTraffic(object: KubeObject, draft: Draft, backends: KubeBackends): void {
  const { spec } = object;
  targetsOf(object);
  const tls = spec?.map("tls");
  const oldest = tls?.text("minVersion");
  if (oldest === "1.2" || oldest === "1.3") draft.section("tls").minimumVersion = oldest;
  else if (oldest !== undefined) tls?.at("minVersion")?.leave("behaviour", `TLS ${show(oldest)} was accepted`, "the oldest version is 1.2");
  tls?.leaveAll(
    ["ciphers", "ecdhCurves", "signatureAlgorithms", "maxVersion", "alpnProtocols", "session"],
    "behaviour",
    "details of TLS",
    "see docs/semantics.md",
  );
  const clients = tls?.map("clientValidation");
  if (clients !== undefined) {
    const caCertificates = backends.authorities(clients.maps("caCertificateRefs"));
    const optional = clients.flag("optional") === true;
    draft.section("tls").clientValidation = {
      ...(caCertificates.length > 0 ? { caCertificates } : {}),
      mode: optional ? "Optional" : "Required",
    };
    if (caCertificates.length === 0)
      draft.ask("tls.clientValidation.caCertificates", "the authorities whose client certificates are accepted, PEM");
    clients.leaveAll(
      ["spkiHashes", "certificateHashes", "subjectAltNames", "crl"],
      "protection",
      "which client certificates are accepted",
      "say subjectAltNames or certificateHashes of tls.clientValidation",
    );
  }
  const detection = spec?.map("clientIPDetection");
  const hops = detection?.map("xForwardedFor")?.number("numTrustedHops");
  if (hops !== undefined && hops >= 0 && hops <= 10) draft.fields.clientIp = { trustedHops: hops };
  else if (hops !== undefined) detection?.leave("behaviour", `${hops} trusted proxies`, "say clientIp.trustedHops, at most 10");
  const headers = spec?.map("headers");
  if (headers?.text("withUnderscoresAction") === "Allow")
    headers.at("withUnderscoresAction")?.leave("behaviour", "headers with an underscore were let through", "they are dropped");
  const path = spec?.map("path");
  const escaped = path?.text("escapedSlashesAction");
  if (escaped !== undefined && escaped !== "RejectRequest")
    path?.at("escapedSlashesAction")?.leave("behaviour", "escaped slashes were let through", "they are refused with 400");
  if (path?.flag("disableMergeSlashes") === true)
    path.at("disableMergeSlashes")?.leave("behaviour", "several slashes stayed several", "they become one");
  spec?.leaveAll(
    ["connection", "timeout", "tcpKeepalive", "http1", "http2", "http3", "healthCheck", "enableProxyProtocol", "proxyProtocol", "scheme"],
    "behaviour",
    "details of connections",
    "see limits and docs/semantics.md",
  );
}
