import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Read, Resources } from "../resources.ts";
import { observeAnswers } from "./answers.ts";
import type { AwsApi } from "./api.ts";
import { observeDistribution, TLS } from "./distribution.ts";

/** The domain, its certificate, the distribution where there is one, and that nothing else leads to the API. */
export function observeEdge(resources: Resources, model: GatewayModel, edge: Read | undefined, api: AwsApi, o: Observations): void {
  const domain = resources.of("aws:apigateway/domainName:DomainName")[0] ?? resources.of("aws:apigatewayv2/domainName:DomainName")[0];
  const configuration = domain?.inputs.domainNameConfiguration ?? domain?.inputs ?? {};
  o.same("host.only", "hostname", true, api.inputs.disableExecuteApiEndpoint);
  o.same("host.only", "hostname", model.hostname, domain?.inputs.domainName);
  o.holds(
    "host.only",
    "hostname",
    "the name leads to this API's stage and no other",
    resources.all.filter(({ type }) => /(basePathMapping|apiMapping):/.test(type)).length === 1 && mappingFits(resources),
  );
  o.holds(
    "tls.version",
    "tls.minimumVersion",
    "the domain takes no older TLS",
    TLS[edge ? "1.2" : model.tls.minimumVersion].test(configuration.securityPolicy),
  );
  if (api.flavour === "rest")
    o.holds(
      "tls.version",
      "tls.minimumVersion",
      "nor does the API itself",
      api.inputs.securityPolicy === undefined || TLS["1.2"].test(api.inputs.securityPolicy),
    );
  observeCertificate(resources, model, configuration, edge, o);
  const { maxAgeSeconds, includeSubdomains, preload } = model.tls.hsts;
  const hsts = `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
  observeAnswers(api, hsts, o);
  if (edge === undefined) {
    o.holds("http.refuse", "http", "nothing of API Gateway listens on plain HTTP", model.http === "refuse");
    const listeners = resources.of("aws:lb/listener:Listener");
    for (const { inputs } of listeners) {
      o.holds(
        "backend.private",
        "aws.network",
        "the internal balancer speaks TLS 1.2 or later",
        inputs.protocol === "TCP" ||
          (["HTTPS", "TLS"].includes(inputs.protocol) && /^ELBSecurityPolicy-TLS13-1-[23]/.test(inputs.sslPolicy)),
      );
      if (inputs.protocol === "HTTPS")
        o.same(
          "tls.hsts",
          "tls.hsts",
          [hsts, false],
          [inputs.routingHttpResponseStrictTransportSecurityHeaderValue, inputs.routingHttpResponseServerEnabled],
        );
    }
    return;
  }
  observeDistribution(resources, model, edge, hsts, o);
}

function mappingFits(resources: Resources): boolean {
  const [mapping] = resources.all.filter(({ type }) => /(basePathMapping|apiMapping):/.test(type));
  const api = resources.behind(mapping?.inputs.restApi ?? mapping?.inputs.apiId);
  const stages = [...resources.of("aws:apigateway/stage:Stage"), ...resources.of("aws:apigatewayv2/stage:Stage")];
  const [stage] = stages;
  return (
    /(restApi|apigatewayv2\/api):/.test(api?.type ?? "") &&
    stages.length === 1 &&
    (mapping?.inputs.stageName ?? mapping?.inputs.stage) === (stage?.inputs.stageName ?? stage?.inputs.name) &&
    mapping?.inputs.basePath === undefined &&
    mapping?.inputs.apiMappingKey === undefined
  );
}

function observeCertificate(resources: Resources, model: GatewayModel, configuration: Json, edge: Read | undefined, o: Observations): void {
  const control = `tls.certificate.${model.tls.certificate.source}` as const;
  const references = [
    configuration.regionalCertificateArn ?? configuration.certificateArn,
    ...(edge ? [edge.inputs.viewerCertificate?.acmCertificateArn] : []),
  ];
  for (const reference of references) {
    const certificate = resources.behind(reference, "aws:acm/certificate:Certificate")?.inputs;
    o.holds(control, "tls.certificate", "a certificate of this stack is served", certificate !== undefined);
    if (model.tls.certificate.source === "managed") {
      o.same(control, "hostname", [model.hostname, "DNS"], [certificate?.domainName, certificate?.validationMethod]);
      const issued = resources
        .of("aws:acm/certificateValidation:CertificateValidation")
        .some(({ inputs }) => resources.behind(inputs.certificateArn)?.inputs === certificate);
      o.holds(control, "tls.certificate", "it is used once it is issued", issued);
    } else
      o.holds(
        control,
        "tls.certificate",
        "with its chain and key",
        Boolean(certificate?.certificateBody) && Boolean(certificate?.privateKey),
      );
    if (model.tls.certificate.source === "imported") {
      const leaf = model.tls.certificate.fullchain.replace(/\s/g, "").slice(0, 300);
      o.holds(
        control,
        "tls.certificate.fullchain",
        "the document's own",
        String(certificate?.certificateBody).replace(/\s/g, "").startsWith(leaf),
      );
    }
  }
}
