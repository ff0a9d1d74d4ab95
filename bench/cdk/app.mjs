// @ts-nocheck aws-cdk-lib is no dependency of the project
// The API of bench/documents.ts as one writes it with the AWS CDK's own constructs: REST API, Lambda authorizer, access logs, CloudFront that redirects plain HTTP.
// Runs in the cache folder, where bench/plan.ts has installed aws-cdk-lib. CDK_ROUTES says how many routes.
import { App, Duration, Stack } from "aws-cdk-lib";
import {
  AccessLogFormat,
  AuthorizationType,
  HttpIntegration,
  IdentitySource,
  LogGroupLogDestination,
  RequestAuthorizer,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import { Distribution, ViewerProtocolPolicy } from "aws-cdk-lib/aws-cloudfront";
import { RestApiOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";

const routes = Number(process.env.CDK_ROUTES);
// One stack may hold 500 resources in CloudFormation; synthesis alone may hold more.
const app = new App({ context: { "@aws-cdk/core:stackResourceLimit": 0 }, outdir: process.env.CDK_OUT });
const stack = new Stack(app, "bench");
const logs = new LogGroup(stack, "logs");
const api = new RestApi(stack, "api", {
  deployOptions: { accessLogDestination: new LogGroupLogDestination(logs), accessLogFormat: AccessLogFormat.jsonWithStandardFields() },
});
const handler = new LambdaFunction(stack, "authorizer", {
  runtime: Runtime.NODEJS_22_X,
  handler: "index.handler",
  code: Code.fromInline("exports.handler = async () => ({ isAuthorized: false });"),
});
const authorizer = new RequestAuthorizer(stack, "tokens", {
  handler,
  identitySources: [IdentitySource.header("authorization")],
  resultsCacheTtl: Duration.seconds(0),
});
const backends = ["orders", "catalog", "stock"];
for (let index = 0; index < routes; index++) {
  const path = `/area-${Math.floor(index / 20)}/things-${index}`;
  const backend = backends[index % backends.length];
  api.root.resourceForPath(path).addMethod("GET", new HttpIntegration(`https://${backend}.example.com${path}`), {
    authorizer,
    authorizationType: AuthorizationType.CUSTOM,
  });
}
new Distribution(stack, "edge", {
  defaultBehavior: { origin: new RestApiOrigin(api), viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS },
});
app.synth();
