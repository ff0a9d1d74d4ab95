import type { CloudAnswers, ComputedOutputs } from "../recorder.ts";

/** Outputs Google Cloud computes, by resource type; `id` is the recorder's. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  "gcp:compute/globalAddress:GlobalAddress": ["address"],
  "gcp:compute/interconnectAttachment:InterconnectAttachment": ["cloudRouterIpAddress", "customerRouterIpAddress"],
  "gcp:endpoints/service:Service": ["configId", "dnsAddress"],
  "gcp:monitoring/notificationChannel:NotificationChannel": ["name"],
  "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": ["name", "uptimeCheckId"],
  "gcp:projects/apiKey:ApiKey": ["keyString", "uid"],
  "gcp:secretmanager/secret:Secret": ["name"],
  "gcp:secretmanager/secretVersion:SecretVersion": ["name", "version"],
  "gcp:serviceaccount/account:Account": ["email", "name", "uniqueId"],
};

/** What stands in a plan for what Google Cloud computes: `${resource.output}`. */
export const gcpOutputs: ComputedOutputs = (type, name, inputs) => {
  if (!type.startsWith("gcp:")) return {};
  const of = (output: string) => `\${${name}.${output}}`;
  const simple = Object.fromEntries(["selfLink", ...(OUTPUTS[type] ?? [])].map((output) => [output, of(output)]));
  if (type === "gcp:certificateauthority/certificate:Certificate")
    return {
      name: of("name"),
      pemCertificate: of("pemCertificate"),
      pemCertificateChains: [of("pemCertificateChains")],
      certificateDescriptions: [{ subjectDescriptions: [{ notAfterTime: of("notAfterTime") }] }],
    };
  if (type === "gcp:certificatemanager/dnsAuthorization:DnsAuthorization")
    return {
      ...simple,
      dnsResourceRecords: [{ name: of("dnsResourceRecords[0].name"), type: "CNAME", data: of("dnsResourceRecords[0].data") }],
    };
  return { ...(inputs.name === undefined ? { name: of("name") } : {}), ...simple };
};

/** What stands in a plan for what a program asks Google Cloud. */
export const gcpAnswers: CloudAnswers = (token, inputs) => {
  switch (token) {
    case "gcp:dns/getManagedZone:getManagedZone":
      return { name: inputs.name, dnsName: "", nameServers: [] };
    case "gcp:certificateauthority/getAuthority:getAuthority":
      return { pemCaCertificates: [`\${authority ${inputs.certificateAuthorityId}}`] };
    default:
      return undefined;
  }
};
