import { certificates, type Grammar, is, list, nothing, number, object, privateKey, sequence, text, where } from "../../grammar.ts";
import { chainOf } from "../../internal/authority.ts";
import type { Place, Roles } from "./roles.ts";

const LABELS = { labels: where(() => true, "labels") };

/** The certificate the load balancer serves for the one host name, and the authorities of clients' certificates. */
export function certificateRoles(place: Place): Roles {
  const { model, name, project, output } = place;
  const { certificate } = model.tls;
  const own = (suffix: string): Record<string, Grammar> => ({ ...LABELS, name: is(`${name}-${suffix}`), project: is(project) });
  const control = `tls.certificate.${certificate.source}` as const;
  const managed = certificate.source === "managed";
  const internal = certificate.source === "internal";
  const pair: Grammar = internal
    ? object({ pemCertificate: is(chainOf(place.internal, "front")), pemPrivateKey: is(output("front-key", "privateKeyPem")) })
    : certificate.source === "acme"
      ? object({
          pemCertificate: is(`${output("acme-certificate", "certificatePem")}${output("acme-certificate", "issuerPem")}`),
          pemPrivateKey: is(output("acme-certificate", "privateKeyPem")),
        })
      : object({ pemCertificate: certificates, pemPrivateKey: privateKey });
  const clients = model.tls.clientValidation;
  const clientControl = clients?.mode === "Optional" ? "tls.clientValidation.optional" : "tls.clientValidation.required";
  const zone = model.dns.zone;
  const record = (type: string, from: string, to: string, longestTtl: number): Grammar =>
    object({ project: is(project), managedZone: is(zone), name: is(from), rrdatas: is([to]), ttl: number(1, longestTtl), type: is(type) });
  return {
    certificate: {
      type: "gcp:certificatemanager/certificate:Certificate",
      needed: true,
      control,
      grammar: object({
        ...own("certificate"),
        name: text(new RegExp(`^${name}-certificate(-[0-9a-f]{8})?$`)),
        managed: managed ? is({ dnsAuthorizations: [output("certificate-proof", "id")], domains: [model.hostname] }) : nothing,
        selfManaged: managed ? nothing : pair,
      }),
    },
    certificates: {
      type: "gcp:certificatemanager/certificateMap:CertificateMap",
      needed: true,
      control,
      grammar: object(own("certificates")),
    },
    "certificate-entry": {
      type: "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
      needed: true,
      control,
      grammar: object({
        ...own("certificate-entry"),
        map: is(`${name}-certificates`),
        hostname: is(model.hostname),
        certificates: is([output("certificate", "id")]),
      }),
    },
    "certificate-proof": {
      type: "gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
      needed: managed,
      control,
      grammar: object({ ...own("certificate-proof"), domain: is(model.hostname) }),
    },
    "certificate-proof-record": {
      type: "gcp:dns/recordSet:RecordSet",
      needed: managed && zone !== undefined,
      control,
      grammar: record(
        "CNAME",
        output("certificate-proof", "dnsResourceRecords[0].name"),
        output("certificate-proof", "dnsResourceRecords[0].data"),
        86_400,
      ),
    },
    "address-record": {
      type: "gcp:dns/recordSet:RecordSet",
      needed: zone !== undefined,
      control: "dns.zone",
      grammar: record("A", `${model.hostname}.`, output("address", "address"), 3600),
    },
    "client-authorities": {
      type: "gcp:certificatemanager/trustConfig:TrustConfig",
      needed: clients !== undefined,
      control: clientControl,
      grammar: object({
        ...own("client-authorities"),
        location: is("global"),
        trustStores: sequence(object({ trustAnchors: list(object({ pemCertificate: certificates })) })),
      }),
    },
    "client-certificates": {
      type: "gcp:networksecurity/serverTlsPolicy:ServerTlsPolicy",
      needed: clients !== undefined,
      control: clientControl,
      grammar: object({
        ...own("client-certificates"),
        name: text(new RegExp(`^${name}-client-certificates(-[0-9a-f]{8})?$`)),
        location: is("global"),
        allowOpen: is(false),
        mtlsPolicy: object({
          clientValidationMode: is("REJECT_INVALID", "ALLOW_INVALID_OR_MISSING_CLIENT_CERT"),
          clientValidationTrustConfig: is(output("client-authorities", "id")),
        }),
      }),
    },
  };
}
