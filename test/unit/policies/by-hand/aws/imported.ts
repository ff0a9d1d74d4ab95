import * as apigateway from "@pulumi/aws/apigateway/index.js";
import * as apigatewayv2 from "@pulumi/aws/apigatewayv2/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../record.ts";

/** APIs that are imported: from an OpenAPI document, private, and an HTTP API. */
export const imported: Stack = {
  name: "imported APIs and an HTTP API",
  program() {
    const paths = (uri: string) => ({
      "/stock": { get: { "x-amazon-apigateway-integration": { type: "http_proxy", httpMethod: "GET", uri } } },
    });
    new apigateway.RestApi("inner", {
      body: JSON.stringify({ openapi: "3.0.1", info: { title: "inner", version: "1" }, paths: paths("http://stock.internal/stock") }),
      disableExecuteApiEndpoint: true,
      endpointConfiguration: { types: "PRIVATE" },
    });
    const api = new apigatewayv2.Api("web", { protocolType: "HTTP", corsConfiguration: { allowOrigins: ["*"] } });
    const integration = new apigatewayv2.Integration("stock", {
      apiId: api.id,
      integrationType: "HTTP_PROXY",
      integrationMethod: "ANY",
      integrationUri: "http://stock.example.com",
    });
    const target = pulumi.interpolate`integrations/${integration.id}`;
    new apigatewayv2.Route("everything", { apiId: api.id, routeKey: "$default", target });
    new apigatewayv2.Route("health", { apiId: api.id, routeKey: "OPTIONS /stock", target });
    new apigatewayv2.Stage("web", { apiId: api.id, autoDeploy: true });
    new apigatewayv2.DomainName("web", {
      domainName: "stock.example.com",
      domainNameConfiguration: {
        certificateArn: "arn:aws:acm:eu-west-1:1:certificate/1",
        endpointType: "REGIONAL",
        securityPolicy: "TLS_1_0",
      },
    });
  },
  findings: [
    "aws-api-access-log web",
    "aws-api-body-integration-tls inner",
    "aws-api-default-endpoint web",
    "aws-api-integration-tls stock",
    "aws-http-api-domain-tls web",
    "aws-http-route-authorization everything",
    "aws-rest-private-policy inner",
  ],
};
