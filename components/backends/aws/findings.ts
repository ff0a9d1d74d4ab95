import { daysLeft, parseChain } from "../../pki/chain.ts";
import type { GatewayModel } from "../../spec/model.ts";
import { HTTP_API_DEVIATIONS } from "../../spec/schema/aws.ts";
import type { Finding } from "../contract.ts";
import { alternativesOf, needsAuthorizer, needsCounters, privateBackends } from "./needs.ts";

type Rule = (model: GatewayModel) => Finding[];

const finding = (id: string, severity: Finding["severity"], path: string, message: string, remedy: string): Finding => ({
  id,
  severity,
  path,
  message,
  remedy,
});

/** What a reader of a plan must know although nothing is refused. */
export function awsFindings(model: GatewayModel): Finding[] {
  return RULES.flatMap((rule) => rule(model));
}

const unverified: Rule = (model) =>
  privateBackends(model).flatMap(({ name, tls }) =>
    tls.trust.kind === "unverified"
      ? [
          finding(
            "backend-unverified",
            "warning",
            `backends.${name}.tls.trust`,
            `the load balancer accepts any certificate of backend "${name}": whoever gets between them reads and changes everything. Given reason: ${tls.trust.reason}`,
            "use aws.network.bridge: nlb with a publicly trusted certificate, where the backend can also require the gateway's client certificate, or put an Envoy of cloud: local into the VPC, which verifies the pinned certificate over the line",
          ),
        ]
      : [],
  );

const keyAlone: Rule = (model) =>
  model.routes.flatMap((route) =>
    alternativesOf(route).some((item) => item.apiKey && !item.jwt && !item.clientCertificate)
      ? [
          finding(
            "api-key-alone",
            "warning",
            `${route.at}.require`,
            "an API key on its own tells which application calls, not who",
            "require a token or a client certificate with it where that matters",
          ),
        ]
      : [],
  );

const legacyTls: Rule = (model) =>
  model.tls.clientValidation !== undefined && model.edge === "none"
    ? [
        finding(
          "tls-policy-legacy",
          "warning",
          "tls.clientValidation",
          "with client certificates API Gateway offers its legacy policy TLS_1_2 only, which still has cipher suites without forward secrecy",
          "use edge: cdn, where CloudFront asks for client certificates under a current policy",
        ),
      ]
    : [];

const acceptedHttp: Rule = (model) =>
  model.aws.flavour === "rest"
    ? []
    : model.aws.http.accept.map((name, index) =>
        finding("http-api-accepted", "warning", `aws.http.accept[${index}]`, HTTP_API_DEVIATIONS[name], "use aws.flavour: rest"),
      );

const certificateEnds: Rule = ({ tls }) => {
  const { certificate } = tls;
  if (certificate.source !== "imported") return [];
  return parseChain(certificate.fullchain).flatMap((entry) => {
    const left = daysLeft(entry, new Date());
    return left < 30
      ? [
          finding(
            "certificate-ends",
            "warning",
            "tls.certificate.fullchain",
            `the imported certificate ends in ${left} days and is not renewed by AWS`,
            "import its successor; the ARN stays",
          ),
        ]
      : [];
  });
};

const cloudwatchRole: Rule = (model) =>
  model.observability.accessLogs && model.aws.cloudwatchRole === "existing"
    ? [
        finding(
          "cloudwatch-role",
          "info",
          "aws.cloudwatchRole",
          "API Gateway writes logs through one role per account and region, which this stack expects to be there",
          "in one stack per account and region set aws.cloudwatchRole: create",
        ),
      ]
    : [];

const dnsElsewhere: Rule = (model) =>
  model.dns.zone === undefined
    ? [
        finding(
          "dns-elsewhere",
          "info",
          "dns.zone",
          "records are to be created elsewhere: the certificate's while the first deployment waits for it, the address's after it",
          "watch the deployment's messages, or name a Route 53 zone in dns.zone",
        ),
      ]
    : [];

const lambdaPerRequest: Rule = (model) =>
  model.routes.some((route) => needsAuthorizer(route, model)) && model.aws.flavour !== "http"
    ? [
        finding(
          "authorizer-cost",
          "info",
          "aws.authorizer",
          `requests to protected routes invoke a Lambda function${needsCounters(model) ? " and write to a DynamoDB table once per limit" : ""}; more of them at once than aws.authorizer.reservedConcurrency are answered 503`,
          "size aws.authorizer.reservedConcurrency for the busiest second",
        ),
      ]
    : [];

const idleLink: Rule = (model) =>
  privateBackends(model).length > 0
    ? [
        finding(
          "vpc-link-idle",
          "info",
          "aws.network",
          "AWS puts a VPC link without traffic for 60 days to rest; the first requests after that fail for minutes",
          "keep a health check of the gateway running",
        ),
      ]
    : [];

const advanced: Rule = (model) =>
  model.ddos === "advanced"
    ? [
        finding(
          "shield-advanced-cost",
          "info",
          "ddos",
          "Shield Advanced is billed per month and organisation",
          "use ddos: standard where it is not needed",
        ),
      ]
    : [];

const RULES: readonly Rule[] = [
  unverified,
  keyAlone,
  legacyTls,
  acceptedHttp,
  certificateEnds,
  cloudwatchRole,
  dnsElsewhere,
  lambdaPerRequest,
  idleLink,
  advanced,
];
