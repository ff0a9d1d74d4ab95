import { X509Certificate } from "node:crypto";
import { keyOf } from "../../core/pki.ts";
import { CloudError, type FunctionRule, type Rule, type RuleContext } from "../../core/rule.ts";
import { hex, list, text, timestamp, uuid, type Values } from "../../core/values.ts";
import { arnOf, aws } from "./common.ts";

const DAY = 86_400_000;
const RECORD = "aws:route53/record:Record";
const ZONE = "aws:route53/zone:Zone";
const inUse = ({ id }: RuleContext) => `ResourceInUseException: Certificate ${id} is in use.`;

/** DNS names in the form they are compared in. */
const host = (name: unknown): string => text(name).toLowerCase().replace(/\.$/, "");

function names({ inputs }: RuleContext): string[] {
  return [...new Set([text(inputs.domainName), ...list(inputs.subjectAlternativeNames).map(text)])].filter((name) => name !== "");
}

/** One record per name; a wildcard shares the record of the name below it (ACM user guide, "DNS validation"). */
function validationOptions(context: RuleContext): Values[] {
  if (context.inputs.validationMethod !== "DNS") return [];
  return names(context).map((domainName) => {
    const base = domainName.replace(/^\*\./, "");
    return {
      domainName,
      resourceRecordName: `_${hex(32, "acm-record", base)}.${base}.`,
      resourceRecordType: "CNAME",
      resourceRecordValue: `_${hex(32, "acm-value", base)}.${hex(10, "acm-zone", base)}.acm-validations.aws.`,
    };
  });
}

function certificateOutputs(context: RuleContext): Values {
  const { inputs, previous, now } = context;
  const imported = inputs.certificateBody !== undefined;
  const common = {
    arn: context.id,
    pendingRenewal: false,
    renewalSummaries: [],
    validationEmails: [],
    type: imported ? "IMPORTED" : "AMAZON_ISSUED",
  };
  if (imported) {
    const { notBefore, notAfter, domainName, subjectAlternativeNames } = readCertificate(inputs);
    return {
      ...common,
      domainName,
      subjectAlternativeNames,
      domainValidationOptions: [],
      notBefore,
      notAfter,
      renewalEligibility: "INELIGIBLE",
      status: "ISSUED",
      validationMethod: "NONE",
      keyAlgorithm: "",
    };
  }
  // Amazon's certificates run 198 days from their issue; issue is what the validation waits for.
  const issuedAt = text(previous.notBefore) || timestamp(now);
  return {
    ...common,
    subjectAlternativeNames: names(context).sort(),
    domainValidationOptions: validationOptions(context),
    notBefore: issuedAt,
    notAfter: timestamp(new Date(Date.parse(issuedAt) + 198 * DAY)),
    renewalEligibility: "INELIGIBLE",
    status: "PENDING_VALIDATION",
  };
}

function readCertificate(inputs: Values): { notBefore: string; notAfter: string; domainName: string; subjectAlternativeNames: string[] } {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(text(inputs.certificateBody));
  } catch {
    throw new CloudError("ValidationException: Provided certificate is not in PEM format.");
  }
  if ((text(inputs.certificateBody).match(/BEGIN CERTIFICATE/g) ?? []).length > 1)
    throw new CloudError("ValidationException: The certificate body must contain one certificate; put the others into the chain.");
  if (!leaf.checkPrivateKey(keyOf(inputs.privateKey ?? inputs.privateKeyWo)))
    throw new CloudError("ValidationException: The private key does not match the certificate.");
  const dnsNames = [...(leaf.subjectAltName ?? "").matchAll(/DNS:([^,\s]+)/g)].map((match) => match[1] as string);
  const date = (written: string) => timestamp(new Date(written));
  return {
    notBefore: date(leaf.validFrom),
    notAfter: date(leaf.validTo),
    domainName: dnsNames[0] ?? "",
    subjectAlternativeNames: dnsNames,
  };
}

function waitForIssue({ cloud, all, inputs }: RuleContext): void {
  const certificate = cloud.get("aws:acm/certificate:Certificate", text(inputs.certificateArn));
  if (!certificate) throw new CloudError(`ACM Certificate ${text(inputs.certificateArn)} not found`);
  const published = new Set(all(RECORD).map((record) => host(record.outputs.fqdn)));
  for (const { resourceRecordName } of list(certificate.outputs.domainValidationOptions) as Values[]) {
    if (!published.has(host(resourceRecordName)))
      throw new CloudError(
        `waiting for ACM Certificate (${certificate.id}) to be issued: timeout while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)`,
      );
  }
  cloud.put({ ...certificate, outputs: { ...certificate.outputs, status: "ISSUED" } });
}

function fqdn({ inputs, cloud }: RuleContext): string {
  const zone = host(cloud.get(ZONE, text(inputs.zoneId))?.outputs.name);
  const name = host(inputs.name);
  return zone === "" || name === zone || name.endsWith(`.${zone}`) ? name : `${name}.${zone}`;
}

export const certificatesAndDns: readonly Rule[] = [
  aws("acm/certificate:Certificate", {
    replaceOn: [
      "domainName",
      "subjectAlternativeNames",
      "validationMethod",
      "certificateAuthorityArn",
      "keyAlgorithm",
      "validationOptions",
    ],
    id: (context) => arnOf(context, "acm", `certificate/${uuid(context.hex(32))}`),
    computedDefaults: () => ({
      keyAlgorithm: "RSA_2048",
      options: { certificateTransparencyLoggingPreference: "ENABLED", export: "DISABLED" },
    }),
    outputs: certificateOutputs,
    volatile: { notBefore: ["certificateBody"], notAfter: ["certificateBody"] },
    heldBy: [
      "aws:apigateway/domainName:DomainName",
      "aws:apigateway/stage:Stage",
      "aws:apigatewayv2/domainName:DomainName",
      "aws:lb/listener:Listener",
      "aws:lb/listenerCertificate:ListenerCertificate",
      "aws:cloudfront/distribution:Distribution",
    ].map((type) => ({ type, message: inUse })),
  }),
  aws("acm/certificateValidation:CertificateValidation", {
    replaceOn: ["certificateArn", "validationRecordFqdns"],
    id: ({ hex: digits }) => `${digits(8)}-validation`,
    admit: waitForIssue,
  }),
  aws("route53/zone:Zone", {
    named: true,
    replaceOn: ["name", "delegationSetId"],
    id: ({ hex: digits }) => `Z${digits(20).toUpperCase()}`,
    defaults: () => ({ comment: "Managed by Pulumi" }),
    outputs: (context) => {
      const nameServers = [0, 1, 2, 3].map(
        (index) =>
          `ns-${Number.parseInt(context.hex(3, "ns", index), 16) % 2048}.awsdns-0${index}.${["com", "net", "org", "co.uk"][index]}`,
      );
      return { arn: `arn:aws:route53:::hostedzone/${context.id}`, zoneId: context.id, nameServers, primaryNameServer: nameServers[0] };
    },
    heldBy: [
      {
        type: RECORD,
        message: () => "HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
      },
    ],
  }),
  aws("route53/record:Record", {
    replaceOn: ["zoneId", "name", "setIdentifier"],
    id: ({ inputs }) => [inputs.zoneId, inputs.name, inputs.type, inputs.setIdentifier].filter((part) => part !== undefined).join("_"),
    admit: (context) => {
      const zone = context.cloud.get(ZONE, text(context.inputs.zoneId));
      if (!zone) throw new CloudError(`NoSuchHostedZone: No hosted zone found with ID: ${text(context.inputs.zoneId)}`);
      const name = host(context.inputs.name);
      if (/\.[a-z]{2,}$/.test(name) && !fqdn(context).endsWith(host(zone.outputs.name)))
        throw new CloudError(`InvalidChangeBatch: RRSet with DNS name ${name}. is not permitted in zone ${host(zone.outputs.name)}.`);
    },
    unique: {
      key: (context) =>
        context.inputs.allowOverwrite === true
          ? undefined
          : [context.inputs.zoneId, fqdn(context), context.inputs.type, context.inputs.setIdentifier].join(" "),
      message: (context) =>
        `InvalidChangeBatch: [Tried to create resource record set [name='${fqdn(context)}.', type='${text(context.inputs.type)}'] but it already exists]`,
    },
    adopts: true,
    outputs: (context) => ({ fqdn: fqdn(context) }),
  }),
];

/** `getZone`: by id, or by name with the more specific `privateZone`. */
const getZone: FunctionRule = (args, { cloud }) => {
  const wanted = host(args.name);
  const zones = cloud
    .all(ZONE)
    .filter(({ id, outputs }) => (args.zoneId === undefined ? host(outputs.name) === wanted : id === args.zoneId));
  const [zone] = zones;
  if (zones.length > 1) throw new CloudError("multiple Route 53 Hosted Zones matched");
  if (!zone) throw new CloudError("no matching Route 53 Hosted Zone found");
  const { name, arn, nameServers, primaryNameServer, comment } = zone.outputs;
  return {
    id: zone.id,
    zoneId: zone.id,
    name: host(name),
    arn,
    nameServers,
    primaryNameServer,
    comment,
    callerReference: "",
    linkedServiceDescription: "",
    linkedServicePrincipal: "",
    privateZone: false,
    resourceRecordSetCount: 2,
    tags: zone.outputs.tags ?? {},
    vpcId: "",
  };
};

export const certificateFunctions: Readonly<Record<string, FunctionRule>> = {
  "aws:route53/getZone:getZone": getZone,
  "aws:acm/getCertificate:getCertificate": ({ domain, domains }, { cloud }) => {
    const wanted = [domain, ...list(domains)].map(host);
    const found = cloud
      .all("aws:acm/certificate:Certificate")
      .filter(({ outputs }) => wanted.includes(host(outputs.domainName)))
      .sort((left, right) => right.createdAt - left.createdAt)[0];
    if (!found) throw new CloudError("no ACM Certificate matching domain");
    return {
      id: found.id,
      arn: found.id,
      domain: found.outputs.domainName,
      status: found.outputs.status,
      certificate: "",
      certificateChain: "",
      tags: {},
    };
  },
};
