import { CloudError, type FunctionRule, type Rule } from "../../core/rule.ts";
import { list, text } from "../../core/values.ts";
import { gcp, pathOf, projectOf } from "./common.ts";

const RECORD = "gcp:dns/recordSet:RecordSet";
const AUTHORIZATION = "gcp:certificatemanager/dnsAuthorization:DnsAuthorization";
const certificates = "locations/{location}/certificates";

export const certificatesAndDns: readonly Rule[] = [
  gcp("certificatemanager/dnsAuthorization:DnsAuthorization", {
    id: pathOf("locations/{location}/dnsAuthorizations"),
    replaceOn: ["domain"],
    outputs: ({ inputs, hex }) => ({
      dnsResourceRecords: [
        { name: `_acme-challenge.${text(inputs.domain)}.`, type: "CNAME", data: `${hex(36)}.1.authorize.certificatemanager.goog.` },
      ],
    }),
    heldBy: [
      {
        type: "gcp:certificatemanager/certificate:Certificate",
        message: () => "Error 400: can't delete DNS authorization that is referenced by a Certificate",
      },
    ],
  }),
  gcp("certificatemanager/certificate:Certificate", {
    id: pathOf(certificates),
    replaceOn: ["managed", "location", "scope"],
    admit: ({ inputs, all, account }) => {
      const managed = inputs.managed as { domains?: unknown; dnsAuthorizations?: unknown } | undefined;
      if (managed === undefined || account.config.certificates !== "validated") return;
      for (const id of list(managed.dnsAuthorizations)) {
        const proof = all(AUTHORIZATION).find((candidate) => candidate.id === id);
        const [wanted] = list(proof?.outputs.dnsResourceRecords) as { name?: string }[];
        if (!all(RECORD).some(({ inputs: written }) => written.name === wanted?.name))
          throw new CloudError(`Error waiting to create Certificate: the record ${text(wanted?.name)} is missing`);
      }
    },
    outputs: ({ inputs }) => ({ sanDnsnames: list((inputs.managed as { domains?: unknown } | undefined)?.domains) }),
    heldBy: [
      {
        type: "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
        message: () => "Error 400: can't delete certificate that is referenced by a CertificateMapEntry",
      },
    ],
  }),
  gcp("certificatemanager/certificateMap:CertificateMap", {
    id: pathOf("locations/global/certificateMaps"),
    heldBy: [
      {
        type: "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
        contained: true,
        message: () => "Error 400: can't delete certificate map that is attached to a target proxy",
      },
    ],
  }),
  gcp("certificatemanager/certificateMapEntry:CertificateMapEntry", {
    id: (context) =>
      `projects/${projectOf(context)}/locations/global/certificateMaps/${text(context.inputs.map)}/certificateMapEntries/${text(context.inputs.name)}`,
    replaceOn: ["map", "hostname", "matcher"],
    outputs: () => ({ state: "ACTIVE" }),
  }),
  gcp("certificatemanager/trustConfig:TrustConfig", {
    id: pathOf("locations/{location}/trustConfigs"),
    replaceOn: ["location"],
    heldBy: [
      {
        type: "gcp:networksecurity/serverTlsPolicy:ServerTlsPolicy",
        message: () => "Error 400: can't delete trust config that is referenced by a policy",
      },
    ],
  }),
  gcp("networksecurity/serverTlsPolicy:ServerTlsPolicy", {
    id: pathOf("locations/{location}/serverTlsPolicies"),
    replaceOn: ["location"],
    heldBy: [{ type: "gcp:compute/targetHttpsProxy:TargetHttpsProxy", message: () => "Error 400: the policy is in use" }],
  }),
  gcp("dns/managedZone:ManagedZone", { id: pathOf("managedZones"), replaceOn: ["dnsName"] }),
  gcp("dns/recordSet:RecordSet", {
    id: (context) =>
      `projects/${projectOf(context)}/managedZones/${text(context.inputs.managedZone)}/rrsets/${text(context.inputs.name)}/${text(context.inputs.type)}`,
    replaceOn: ["managedZone"],
  }),
];

export const dnsFunctions: Readonly<Record<string, FunctionRule>> = {
  "gcp:dns/getManagedZone:getManagedZone": (args, { cloud }) => {
    const zone = cloud.all("gcp:dns/managedZone:ManagedZone").find(({ inputs }) => inputs.name === args.name);
    if (zone === undefined)
      throw new CloudError(`Error 404: The 'parameters.managedZone' resource named '${text(args.name)}' does not exist., notFound`);
    return { id: zone.id, name: zone.inputs.name, dnsName: zone.inputs.dnsName, nameServers: ["ns-cloud-a1.googledomains.com."] };
  },
};
