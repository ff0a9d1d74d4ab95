import type { GatewayModel } from "../../spec/model.ts";
import { HTTP_API_DEVIATIONS } from "../../spec/schema/aws.ts";
import { info, keyAlone, unverified as unverifiedBackends, warning } from "../common-findings.ts";
import type { Finding } from "../contract.ts";
import { needsAuthorizer, needsCounters, privateBackends } from "./needs.ts";

type Rule = (model: GatewayModel) => Finding[];

/** What a reader of a plan must know although nothing is refused. */
export function awsFindings(model: GatewayModel): Finding[] {
  return RULES.flatMap((rule) => rule(model));
}

const unverified: Rule = (model) =>
  unverifiedBackends(
    privateBackends(model),
    "the load balancer accepts any certificate of",
    "use aws.network.bridge: nlb with a publicly trusted certificate, where the backend can also require the gateway's client certificate, or put an Envoy of cloud: local into the VPC, which verifies the pinned certificate over the line",
  );

const legacyTls: Rule = (model) =>
  model.tls.clientValidation !== undefined && model.edge === "none"
    ? [
        warning(
          "tls-policy-legacy",
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
        warning("http-api-accepted", `aws.http.accept[${index}]`, HTTP_API_DEVIATIONS[name], "use aws.flavour: rest"),
      );

const cloudwatchRole: Rule = (model) =>
  model.observability.accessLogs && model.aws.cloudwatchRole === "existing"
    ? [
        info(
          "cloudwatch-role",
          "aws.cloudwatchRole",
          "API Gateway writes logs through one role per account and region, which this stack expects to be there",
          "in one stack per account and region set aws.cloudwatchRole: create",
        ),
      ]
    : [];

const dnsElsewhere: Rule = (model) =>
  model.dns.zone === undefined
    ? [
        info(
          "dns-elsewhere",
          "dns.zone",
          "records are to be created elsewhere: the certificate's while the first deployment waits for it, the address's after it",
          "watch the deployment's messages, or name a Route 53 zone in dns.zone",
        ),
      ]
    : [];

const lambdaPerRequest: Rule = (model) =>
  model.routes.some((route) => needsAuthorizer(route, model)) && model.aws.flavour !== "http"
    ? [
        info(
          "authorizer-cost",
          "aws.authorizer",
          `requests to protected routes invoke a Lambda function${needsCounters(model) ? " and write to a DynamoDB table once per limit" : ""}; more of them at once than aws.authorizer.reservedConcurrency are answered 503`,
          "size aws.authorizer.reservedConcurrency for the busiest second",
        ),
      ]
    : [];

const idleLink: Rule = (model) =>
  privateBackends(model).length > 0
    ? [
        info(
          "vpc-link-idle",
          "aws.network",
          "AWS puts a VPC link without traffic for 60 days to rest; the first requests after that fail for minutes",
          "keep a health check of the gateway running",
        ),
      ]
    : [];

const advanced: Rule = (model) =>
  model.ddos === "advanced"
    ? [
        info(
          "shield-advanced-cost",
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
  cloudwatchRole,
  dnsElsewhere,
  lambdaPerRequest,
  idleLink,
  advanced,
];
