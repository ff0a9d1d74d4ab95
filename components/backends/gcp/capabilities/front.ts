import { type Capabilities, composed, everywhere, native, refused } from "../../capabilities.ts";
import { onModel, refuse } from "../restrictions.ts";

const zoneForAcme = onModel("needs the Cloud DNS zone", (model) =>
  model.dns.zone === undefined
    ? refuse("the challenge is answered in Cloud DNS", "name the managed zone in dns.zone, or use tls.certificate.source: managed")
    : undefined,
);

const publicDirectory = onModel("public directories only", (model) =>
  model.tls.certificate.source === "acme" && model.tls.certificate.caCertificates.length > 0
    ? refuse(
        "the ACME provider talks to directories of public trust only",
        "remove tls.certificate.caCertificates, or use source: imported",
      )
    : undefined,
);

/** The front door: TLS, certificates, host, shape of requests, errors, headers. */
export const FRONT = {
  "tls.version": everywhere(
    native("SSL policy of the load balancer: TLS 1.2 or 1.3 as the oldest version, profile RESTRICTED unless gcp.tlsProfile says MODERN"),
    onModel("TLS 1.3 alone needs profile RESTRICTED", ({ tls, gcp }) =>
      tls.minimumVersion === "1.3" && gcp.tlsProfile !== "RESTRICTED"
        ? refuse(
            `an SSL policy with TLS 1.3 as the oldest version takes profile RESTRICTED only, not ${gcp.tlsProfile}`,
            'remove gcp.tlsProfile, or set tls.minimumVersion: "1.2"',
          )
        : undefined,
    ),
  ),
  "tls.certificate.managed": everywhere(
    native("Certificate Manager with DNS authorization: issued before the address is switched over, renewed by Google"),
  ),
  "tls.certificate.acme": everywhere(
    composed("ACME certificate by DNS-01 in Cloud DNS, self-managed in Certificate Manager; a renewed one replaces it before it goes"),
    zoneForAcme,
    publicDirectory,
  ),
  "tls.certificate.imported": everywhere(
    native("Self-managed certificate with its full chain in Certificate Manager; a renewed one is there before the old one goes"),
  ),
  "tls.certificate.internal": everywhere(
    composed("Certificate of the stack's own authority (@pulumi/tls), self-managed in Certificate Manager"),
  ),
  "tls.hsts": everywhere(
    composed(
      "Envoy writes it on its answers and those of backends, the load balancer on everything that comes from behind it",
      "answers the load balancer makes itself (Cloud Armor's 403, 404 and 429, 502 without a backend) carry none",
    ),
  ),
  "tls.clientValidation.required": everywhere(
    native("TrustConfig and ServerTlsPolicy REJECT_INVALID: the handshake fails without a certificate of the declared authorities"),
  ),
  "tls.clientValidation.optional": everywhere(
    refused(
      "with ALLOW_INVALID_OR_MISSING_CLIENT_CERT the load balancer lets certificates of any authority in",
      "set tls.clientValidation.mode: Required, and put the routes for clients without a certificate on a gateway of their own",
    ),
  ),
  "tls.clientValidation.names": everywhere(
    composed(
      "Envoy compares the names the load balancer has verified and written in a header of its own",
      "another name is answered 403 instead of the connection being refused",
    ),
  ),
  "tls.clientValidation.hashes": everywhere(
    composed(
      "Envoy compares the fingerprint the load balancer has written in a header of its own",
      "another certificate is answered 403 instead of the connection being refused",
    ),
  ),
  "http.redirect": everywhere(native("URL map on port 80 of the same address: 308 to https, to the served host only")),
  "http.refuse": everywhere(native("No forwarding rule on port 80")),
  "host.only": everywhere(
    composed(
      "Cloud Armor and Envoy refuse other hosts; the certificate map knows one name; Cloud Run has no default URL and takes requests of the load balancer only, pods those of its addresses only",
      "another host is answered 404 instead of 421",
    ),
  ),
  "clientIp.trustedHops": everywhere(
    refused(
      "Cloud Armor and the gateway take the address of the connection the load balancer sees",
      "set clientIp.trustedHops: 0 and let clients reach the load balancer directly",
    ),
  ),
  "request.path": everywhere(
    composed(
      "ESPv2 and Envoy normalise paths and refuse escaped slashes; Envoy refuses what else could be read twice",
      "`\\` and dot segments with parameters such as `..;` are resolved like `/` and `..` instead of being answered 400; where a route has a limit of its own, respelled paths are answered 403 at the edge",
    ),
  ),
  "request.size": everywhere(
    native(
      "Envoy: URL, headers and body; the load balancer and ESPv2 have limits of their own",
      "headers added by the load balancer and ESPv2 count; more than about 60 KiB of headers is refused by them with their own answer",
    ),
    onModel("bodies of 32 MiB at most on Cloud Run", (model, variant) => {
      const largest = Math.max(...model.routes.map((route) => route.bodyBytes));
      return variant === "cloud-run" && largest > 32 * 1024 ** 2
        ? refuse(
            `Cloud Run takes requests of 33554432 bytes, not ${largest}`,
            "lower limits.body and bodyLimit to 32MiB, or use gcp.flavour: gke",
          )
        : undefined;
    }),
  ),
  "request.framing": everywhere(
    native("The load balancer reads each request whole and writes a new one; nothing of the client's framing is passed on"),
  ),
  "request.headers": everywhere(
    composed(
      "Envoy removes identity headers from outside and those of ESPv2, and sets the gateway's own",
      "a header name with an underscore is refused by ESPv2 instead of being dropped",
    ),
  ),
  "errors.problem": everywhere(
    composed(
      "Envoy answers problem+json",
      "what ESPv2 refuses is answered with its own short JSON, what the load balancer refuses with a short page; neither names versions or addresses",
    ),
  ),
  waf: everywhere(
    native("Preconfigured rules of Cloud Armor, sensitivity 1", "refused requests are answered 403; bodies are looked at up to 8 KiB"),
  ),
  "ddos.standard": everywhere(native("Google's front ends, on for every load balancer; Envoy's overload manager behind them")),
  "ddos.advanced": everywhere(
    native("Adaptive Protection of Cloud Armor; the attacks it finds are denied"),
    onModel("the project is enrolled in Cloud Armor Enterprise", ({ gcp }) =>
      gcp.cloudArmorEnterprise
        ? undefined
        : refuse(
            "Adaptive Protection acts on its own only with Cloud Armor Enterprise",
            "enrol the project and set gcp.cloudArmorEnterprise: true, or use ddos: standard",
          ),
    ),
  ),
  edge: everywhere(
    refused("the global load balancer already stands at Google's edge; a cache in front of an API is not set up", "set edge: none"),
  ),
  "dns.zone": everywhere(native("A record in the managed zone of Cloud DNS")),
} as const satisfies Partial<Capabilities>;
