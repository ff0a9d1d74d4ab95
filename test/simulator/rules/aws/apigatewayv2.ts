import type { Rule, RuleContext } from "../../core/rule.ts";
import { list, text } from "../../core/values.ts";
import { arnOf, aws, regionOf, shortId } from "./common.ts";

const ownArn = (context: RuleContext, path: string) => `arn:aws:apigateway:${regionOf(context)}::${path}`;
const endpoint = (context: RuleContext, api: string) => `${api}.execute-api.${regionOf(context)}.amazonaws.com`;

export const apigatewayv2: readonly Rule[] = [
  aws("apigatewayv2/api:Api", {
    named: true,
    replaceOn: ["protocolType", "credentialsArn", "routeKey", "target"],
    id: (context) => shortId(context),
    computedDefaults: () => ({
      ipAddressType: "ipv4",
      apiKeySelectionExpression: "$request.header.x-api-key",
      routeSelectionExpression: "$request.method $request.path",
    }),
    outputs: (context) => ({
      arn: ownArn(context, `/apis/${context.id}`),
      apiEndpoint: `https://${endpoint(context, context.id)}`,
      executionArn: arnOf(context, "execute-api", context.id),
    }),
  }),
  aws("apigatewayv2/apiMapping:ApiMapping", { replaceOn: ["apiId", "domainName"], id: (context) => shortId(context, 6) }),
  aws("apigatewayv2/authorizer:Authorizer", {
    named: true,
    replaceOn: ["apiId"],
    id: (context) => shortId(context, 6),
    computedDefaults: ({ inputs }) => ({ authorizerResultTtlInSeconds: inputs.authorizerType === "REQUEST" ? 300 : 0 }),
  }),
  aws("apigatewayv2/deployment:Deployment", {
    replaceOn: ["apiId", "triggers"],
    id: (context) => shortId(context, 6),
    outputs: () => ({ autoDeployed: false }),
    heldBy: [
      {
        type: "aws:apigatewayv2/stage:Stage",
        message: () => "BadRequestException: Active stages pointing to this deployment must be moved or deleted",
      },
    ],
  }),
  aws("apigatewayv2/domainName:DomainName", {
    replaceOn: ["domainName"],
    id: ({ inputs }) => text(inputs.domainName),
    computedDefaults: () => ({ routingMode: "API_MAPPING_ONLY" }),
    outputs: (context) => {
      const given = context.inputs.domainNameConfiguration as Record<string, unknown> | undefined;
      return {
        arn: ownArn(context, `/domainnames/${text(context.inputs.domainName)}`),
        apiMappingSelectionExpression: "$request.basepath",
        domainNameConfiguration: {
          ...given,
          hostedZoneId: `Z${context.hex(13, "zone").toUpperCase()}`,
          targetDomainName: endpoint(context, `d-${shortId(context)}`),
        },
      };
    },
  }),
  aws("apigatewayv2/integration:Integration", {
    replaceOn: ["apiId", "integrationType", "integrationSubtype"],
    id: (context) => shortId(context, 7),
    computedDefaults: () => ({
      timeoutMilliseconds: 30000,
      connectionType: "INTERNET",
      payloadFormatVersion: "1.0",
      passthroughBehavior: "WHEN_NO_MATCH",
    }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the service writes selection expressions this way
    outputs: () => ({ integrationResponseSelectionExpression: "${integration.response.statuscode}" }),
  }),
  aws("apigatewayv2/route:Route", { replaceOn: ["apiId"], id: (context) => shortId(context, 7) }),
  aws("apigatewayv2/stage:Stage", {
    named: true,
    replaceOn: ["apiId", "name"],
    id: ({ inputs }) => text(inputs.name),
    outputs: (context) => {
      const api = text(context.inputs.apiId);
      const name = text(context.inputs.name);
      return {
        arn: ownArn(context, `/apis/${api}/stages/${name}`),
        executionArn: `${arnOf(context, "execute-api", api)}/${name}`,
        invokeUrl: name === "$default" ? `https://${endpoint(context, api)}/` : `https://${endpoint(context, api)}/${name}`,
      };
    },
  }),
  aws("apigatewayv2/vpcLink:VpcLink", {
    named: true,
    // No change in place but name and tags: hashicorp/terraform-provider-aws#14195.
    replaceOn: ["securityGroupIds", "subnetIds"],
    id: (context) => shortId(context, 6),
    check: ({ subnetIds }) =>
      list(subnetIds).length === 0 && Array.isArray(subnetIds)
        ? [{ property: "subnetIds", reason: "at least one subnet is required" }]
        : [],
    outputs: (context) => ({ arn: ownArn(context, `/vpclinks/${context.id}`) }),
    heldBy: [
      {
        type: "aws:apigatewayv2/integration:Integration",
        message: (_, holder) => `ConflictException: VPC link is referenced by integration ${holder.id}`,
      },
      {
        type: "aws:apigateway/integration:Integration",
        message: (_, holder) => `BadRequestException: Cannot delete vpc link. Vpc link is referenced in ${holder.id}`,
      },
      {
        type: "aws:apigateway/restApi:RestApi",
        contained: true,
        message: (_, holder) => `BadRequestException: Cannot delete vpc link. Vpc link is referenced in ${holder.id}`,
      },
      {
        type: "aws:apigatewayv2/api:Api",
        contained: true,
        message: (_, holder) => `ConflictException: VPC link is referenced by API ${holder.id}`,
      },
    ],
  }),
];
