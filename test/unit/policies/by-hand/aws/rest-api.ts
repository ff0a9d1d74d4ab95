import * as acm from "@pulumi/aws/acm/index.js";
import * as apigateway from "@pulumi/aws/apigateway/index.js";
import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as iam from "@pulumi/aws/iam/index.js";
import * as lambda from "@pulumi/aws/lambda/index.js";
import type { Stack } from "../record.ts";
import { ASSUME, code } from "./shared.ts";

/** A REST API as it comes out of an afternoon with the console and a tutorial. */
export const restApi: Stack = {
  name: "a REST API, resource by resource",
  program() {
    const api = new apigateway.RestApi("orders", { name: "orders" });
    const role = new iam.Role("authorizer-role", { assumeRolePolicy: ASSUME });
    new iam.RolePolicyAttachment("authorizer-admin", { role: role.name, policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
    const decides = new lambda.Function("decides", { role: role.arn, runtime: "nodejs22.x", handler: "index.handler", code: code() });
    const authorizer = new apigateway.Authorizer("tokens", {
      restApi: api.id,
      type: "REQUEST",
      identitySource: "",
      authorizerUri: decides.invokeArn,
    });
    const orders = new apigateway.Resource("orders", { restApi: api.id, parentId: api.rootResourceId, pathPart: "orders" });
    const on = { restApi: api.id, resourceId: orders.id };
    const read = new apigateway.Method("read", { ...on, httpMethod: "GET", authorization: "NONE" });
    const write = new apigateway.Method("write", { ...on, httpMethod: "POST", authorization: "CUSTOM", authorizerId: authorizer.id });
    const ask = new apigateway.Method("preflight", { ...on, httpMethod: "OPTIONS", authorization: "NONE" });
    const to = (uri: string) => ({ ...on, type: "HTTP_PROXY", integrationHttpMethod: "ANY", uri });
    new apigateway.Integration("read", { ...to("http://orders.example.com/orders"), httpMethod: read.httpMethod });
    new apigateway.Integration("write", {
      ...to("https://orders.example.com/orders"),
      httpMethod: write.httpMethod,
      tlsConfig: { insecureSkipVerification: true },
    });
    new apigateway.Integration("preflight", { ...on, httpMethod: ask.httpMethod, type: "MOCK" });
    const deployment = new apigateway.Deployment("live", { restApi: api.id });
    const logs = new cloudwatch.LogGroup("access", {});
    const stage = new apigateway.Stage("live", {
      restApi: api.id,
      deployment: deployment.id,
      stageName: "live",
      accessLogSettings: { destinationArn: logs.arn, format: "$context.requestId $context.identity.apiKey $context.status" },
    });
    new apigateway.MethodSettings("all", {
      restApi: api.id,
      stageName: stage.stageName,
      methodPath: "*/*",
      settings: { cachingEnabled: true, dataTraceEnabled: true, loggingLevel: "INFO" },
    });
    const certificate = new acm.Certificate("name", {
      domainName: "orders.example.com",
      validationMethod: "EMAIL",
      keyAlgorithm: "RSA_1024",
      options: { certificateTransparencyLoggingPreference: "DISABLED" },
    });
    new apigateway.DomainName("name", {
      domainName: "orders.example.com",
      regionalCertificateArn: certificate.arn,
      securityPolicy: "TLS_1_0",
    });
  },
  findings: [
    "aws-acm-dns-validation name",
    "aws-acm-key-length name",
    "aws-acm-transparency name",
    "aws-api-access-log-secrets live",
    "aws-api-default-endpoint orders",
    "aws-api-domain-tls name",
    "aws-api-integration-tls read",
    "aws-api-integration-tls write",
    "aws-authorizer-cache-key tokens",
    "aws-iam-least-privilege authorizer-admin",
    "aws-lambda-concurrency decides",
    "aws-log-encryption access",
    "aws-log-retention access",
    "aws-rest-cache-encrypted all",
    "aws-rest-client-certificate live",
    "aws-rest-data-trace all",
    "aws-rest-firewall live",
    "aws-rest-method-authorization read",
    "aws-rest-tracing live",
  ],
};
