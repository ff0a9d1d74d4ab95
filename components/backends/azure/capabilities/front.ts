import { type Capabilities, composed, everywhere, native } from "../../capabilities.ts";
import { accepted, classicOnly, notBehindFrontDoor, onModel, onTiers } from "../restrictions.ts";

const byPolicy = (how: string, deviation?: string) => composed(`API policy: ${how}`, deviation);

const withoutFrontDoor = (what: string, remedy: string) =>
  onModel(`only behind Front Door: ${what}`, (model) =>
    model.edge === "cdn" ? undefined : { reason: `API Management has no ${what}`, remedy },
  );

const clientCertificates = (how: string, deviation: string) => ({
  support: onTiers(
    classicOnly,
    byPolicy(how, deviation),
    "the tier has no store for your authorities, without which API Management cannot verify a client's certificate",
  ),
  restrictions: [
    notBehindFrontDoor("client certificates"),
    accepted(
      "sharedTrust",
      (model) => Object.values(model.backends).some(({ tls }) => tls.trust.kind === "ca" || tls.trust.kind === "internal"),
      "verify backends by public authorities",
    ),
    onModel("names are DNS names", ({ tls }) => {
      const other = tls.clientValidation?.subjectAltNames.find((name) => !/^[A-Za-z0-9*.-]+$/.test(name));
      return other === undefined
        ? undefined
        : { reason: `the policy compares DNS names, and "${other}" is none`, remedy: "list DNS names, or certificateHashes" };
    }),
    onModel("not on a self-hosted gateway", (model) =>
      model.azure.selfHostedGateway === undefined
        ? undefined
        : {
            reason: "a self-hosted gateway keeps a trust store of its own, which this backend does not fill for client certificates",
            remedy: "remove azure.selfHostedGateway",
          },
    ),
  ],
});

const BAD_CERTIFICATE = "the handshake succeeds with a bad certificate, and the request is answered 401 or 403";

/** The front door: TLS, certificates, host, shape of requests, errors, headers, edge. */
export const FRONT = {
  "tls.version": everywhere(
    native(
      "Custom properties of the service switch off SSL 3.0, TLS 1.0 and 1.1, and on classic tiers every cipher suite that can be; all keys always sent",
    ),
    accepted("platformCiphers", ({ edge }, { family }) => edge === "none" && family !== "classic", "use a classic tier, or edge: cdn"),
    onModel("TLS 1.3 alone only behind Front Door", ({ tls, edge }) =>
      tls.minimumVersion === "1.3" && edge === "none"
        ? { reason: "API Management cannot switch TLS 1.2 off", remedy: 'set tls.minimumVersion: "1.2", or edge: cdn' }
        : undefined,
    ),
  ),
  "tls.certificate.managed": everywhere(
    native("Certificate of Key Vault by its secret id without a version, or Front Door's managed certificate"),
    onModel("by Key Vault, by Front Door, or insisted on", ({ edge, azure }) =>
      edge === "cdn" || azure.certificate.keyVaultSecretId !== undefined || azure.certificate.freeManaged
        ? undefined
        : {
            reason: "the vendor suspended the creation of API Management's own free certificates in 2025, and may again",
            remedy:
              "name a certificate that Key Vault issues in azure.certificate.keyVaultSecretId and keyVaultId, set edge: cdn, or insist with azure.certificate.freeManaged: true",
          },
    ),
    onModel("free certificates on classic tiers", ({ edge, azure }, variant) =>
      edge === "none" && azure.certificate.keyVaultSecretId === undefined && azure.certificate.freeManaged && !CLASSIC.has(variant)
        ? {
            reason: "the tier has no free managed certificates",
            remedy: "name a certificate of Key Vault in azure.certificate.keyVaultSecretId and keyVaultId",
          }
        : undefined,
    ),
  ),
  "tls.certificate.acme": everywhere(
    composed("ACME certificate by DNS-01 in Azure DNS, kept in Key Vault, read by its secret id without a version"),
    onModel("needs the DNS zone", ({ dns }) =>
      dns.zone === undefined
        ? { reason: "the challenge is answered in Azure DNS", remedy: "name the zone in dns.zone, or use source: imported" }
        : undefined,
    ),
    onModel("RSA keys of public directories", ({ tls: { certificate } }) => {
      if (certificate.source !== "acme") return undefined;
      if (certificate.caCertificates.length > 0)
        return {
          reason: "the ACME provider talks to directories of public trust only",
          remedy: "remove tls.certificate.caCertificates, or use source: imported",
        };
      return certificate.keyType.startsWith("RSA")
        ? undefined
        : { reason: "API Management documents certificates with RSA keys only", remedy: "set tls.certificate.keyType: RSA2048 or RSA4096" };
    }),
  ),
  "tls.certificate.imported": everywhere(
    composed("PFX built of chain and key, kept in Key Vault, read by its secret id without a version; a renewed one is a new version"),
  ),
  "tls.certificate.internal": everywhere(
    composed("Certificate of the stack's own authority (@pulumi/tls), kept in Key Vault"),
    onModel("not behind Front Door", ({ edge }) =>
      edge === "cdn"
        ? { reason: "Front Door serves certificates of public authorities only", remedy: "use source: managed, or edge: none" }
        : undefined,
    ),
  ),
  "tls.hsts": everywhere(byPolicy("set on every answer", "answers the platform gives before any policy runs do not carry it")),
  "tls.clientValidation.required": clientCertificates(
    "validate-client-certificate against the service's own authorities; no certificate is answered 401",
    BAD_CERTIFICATE,
  ),
  "tls.clientValidation.optional": clientCertificates("validate-client-certificate where one is shown", BAD_CERTIFICATE),
  "tls.clientValidation.names": clientCertificates("identities by DNS name", BAD_CERTIFICATE),
  "tls.clientValidation.hashes": clientCertificates("SHA-256 of the certificate compared", BAD_CERTIFICATE),
  "http.redirect": everywhere(
    byPolicy(
      "308 to the same address on https; Front Door's own redirect with edge: cdn",
      "plain HTTP that carries a credential is answered 403 instead, because the credential has been sent in the clear; Front Door answers 307 instead of 308",
    ),
  ),
  "http.refuse": everywhere(
    native(
      "The API accepts https only; Front Door's route likewise with edge: cdn",
      "the platform keeps port 80 open and answers every request there with an error",
    ),
  ),
  "host.only": everywhere(
    byPolicy("another host, the azure-api.net name included, is answered 421; a policy of the service refuses every other API"),
  ),
  "clientIp.trustedHops": everywhere(byPolicy("the entry of X-Forwarded-For that the declared number of proxies leads to")),
  "request.path": everywhere(byPolicy("an ambiguous path is answered 400, never repaired", "duplicate slashes are refused, not merged")),
  "request.size": everywhere(
    byPolicy("URL, headers and the declared length are compared", "a body without Content-Length is answered 411"),
    onModel("URL and headers within the platform's own limits", ({ limits }) =>
      limits.urlBytes <= PLATFORM_URL && limits.headerBytes <= PLATFORM_HEADERS
        ? undefined
        : {
            reason: `API Management takes URLs up to ${PLATFORM_URL} and headers up to ${PLATFORM_HEADERS} bytes`,
            remedy: `lower limits.url to ${PLATFORM_URL}B and limits.headers to ${PLATFORM_HEADERS}B or less`,
          },
    ),
  ),
  "request.framing": everywhere(
    byPolicy("Transfer-Encoding with Content-Length, or several lengths, are answered 400; the platform forwards requests framed anew"),
  ),
  "request.headers": everywhere(
    byPolicy("identity headers are removed and set", "a header name with an underscore is answered 400, not dropped"),
  ),
  "errors.problem": everywhere(byPolicy("on-error answers everything", "errors before any policy runs have the platform's own form")),
  waf: everywhere(
    native("Managed rule set of Front Door Premium, mode prevention"),
    withoutFrontDoor("web application firewall", "set edge: cdn, or waf: off"),
  ),
  "ddos.standard": everywhere(native("Azure's infrastructure protection of every public address")),
  "ddos.advanced": everywhere(
    native("DDoS network protection plan on the service's virtual network and address"),
    onModel("only in a network of its own", ({ azure }) =>
      azure.network.mode === "external" && azure.network.subnetId === undefined
        ? undefined
        : {
            reason: "a DDoS protection plan protects addresses of a virtual network, which the service has none of here",
            remedy: "set azure.network.mode: external without subnetId, or ddos: standard",
          },
    ),
  ),
  edge: everywhere(
    composed("Front Door; the service takes requests with its identifier and a secret header only, which Front Door overwrites"),
    onModel("reachable from Front Door", ({ azure }) =>
      azure.network.mode === "internal" || azure.selfHostedGateway !== undefined
        ? {
            reason: "Front Door reaches public services only",
            remedy: "set edge: none, or azure.network.mode: external without azure.selfHostedGateway",
          }
        : undefined,
    ),
  ),
  "dns.zone": everywhere(
    native("Record set in the Azure DNS zone"),
    onModel("zone by its resource id", ({ dns }) =>
      dns.zone === undefined || ZONE_ID.test(dns.zone)
        ? undefined
        : {
            reason: `"${dns.zone}" is not a resource id, and a zone's name alone does not say where it is`,
            remedy:
              "give the zone as /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/dnsZones/<zone>, or leave dns.zone out and create the records elsewhere",
          },
    ),
  ),
} as const satisfies Partial<Capabilities>;

const CLASSIC: ReadonlySet<string> = new Set(["Developer", "Basic", "Standard", "Premium"]);
/** Longest URL a gateway of API Management takes, in bytes (service limits). */
const PLATFORM_URL = 16_384;
const PLATFORM_HEADERS = 32_768;
const ZONE_ID = /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]{1,90}\/providers\/Microsoft\.Network\/dnsZones\/[^/]+$/i;
