import type { CloudAnswers, ComputedOutputs } from "../recorder.ts";

/** Outputs AWS computes, by resource type. Every resource has `arn`, `id` is the recorder's. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  "aws:acm/certificate:Certificate": ["notAfter"],
  "aws:acmpca/certificate:Certificate": ["certificate", "certificateChain"],
  "aws:apigateway/domainName:DomainName": ["regionalDomainName", "regionalZoneId"],
  "aws:apigateway/restApi:RestApi": ["executionArn", "rootResourceId"],
  "aws:apigateway/stage:Stage": ["executionArn", "invokeUrl"],
  "aws:cloudfront/distribution:Distribution": ["domainName", "hostedZoneId"],
  "aws:lambda/function:Function": ["invokeArn", "qualifiedArn", "qualifiedInvokeArn", "version"],
  "aws:lb/loadBalancer:LoadBalancer": ["arnSuffix", "dnsName", "zoneId"],
  "aws:lb/targetGroup:TargetGroup": ["arnSuffix"],
  "aws:route53/record:Record": ["fqdn"],
  "aws:s3/bucketObjectv2:BucketObjectv2": ["versionId"],
};

/** What stands in a plan for what AWS computes: `${resource.output}`. */
export const awsOutputs: ComputedOutputs = (type, name, inputs) => {
  if (!type.startsWith("aws:")) return {};
  const of = (output: string) => `\${${name}.${output}}`;
  const named = inputs.name === undefined ? { name: of("name") } : {};
  const simple = Object.fromEntries(["arn", ...(OUTPUTS[type] ?? [])].map((output) => [output, of(output)]));
  switch (type) {
    case "aws:acm/certificate:Certificate": {
      const names = [inputs.domainName, ...((inputs.subjectAlternativeNames as unknown[] | undefined) ?? [])].filter(
        (domain) => typeof domain === "string",
      );
      return {
        ...simple,
        domainValidationOptions: names.map((domainName, index) => ({
          domainName,
          resourceRecordName: of(`domainValidationOptions[${index}].resourceRecordName`),
          resourceRecordType: "CNAME",
          resourceRecordValue: of(`domainValidationOptions[${index}].resourceRecordValue`),
        })),
      };
    }
    case "aws:apigatewayv2/domainName:DomainName": {
      const configuration = inputs.domainNameConfiguration as Record<string, unknown>;
      return {
        ...simple,
        domainNameConfiguration: { ...configuration, targetDomainName: of("targetDomainName"), hostedZoneId: of("hostedZoneId") },
      };
    }
    default:
      return { ...named, ...simple };
  }
};

/** What stands in a plan for what a program asks AWS. */
export const awsAnswers: CloudAnswers = (token, inputs) => {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder a reader of the plan sees
      return { accountId: "${account}", arn: "arn:aws:iam::${account}:root" };
    case "aws:index/getRegion:getRegion":
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder a reader of the plan sees
      return { region: "${region}" };
    case "aws:acmpca/getCertificateAuthority:getCertificateAuthority":
      return { certificate: `\${authority ${inputs.arn}}`, certificateChain: "" };
    case "aws:route53/getZone:getZone": {
      const name = typeof inputs.name === "string" ? inputs.name : "";
      return { zoneId: inputs.zoneId ?? `\${zone ${name}}`, name, nameServers: [] };
    }
    default:
      return undefined;
  }
};
