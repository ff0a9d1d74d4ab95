import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { letters, objects, text, timestamp, type Values } from "../../core/values.ts";
import { arnOf, aws, createdAt, regionOf, shortId } from "./common.ts";

const STAGE = "aws:apigateway/stage:Stage";
const REST_API = "aws:apigateway/restApi:RestApi";

/** API Gateway's own ARNs have no account number. */
const ownArn = (context: RuleContext, path: string) => `arn:aws:apigateway:${regionOf(context)}::${path}`;
const stageExists = ({ all }: RuleContext, restApi: unknown, name: unknown) =>
  all(STAGE).some(({ inputs }) => inputs.restApi === restApi && inputs.stageName === name);

function needStage(context: RuleContext, restApi: unknown, name: unknown): void {
  if (!stageExists(context, restApi, name)) throw new CloudError("BadRequestException: Invalid stage identifier specified");
}

function needLogRole({ all }: RuleContext): void {
  const role = all("aws:apigateway/account:Account").some(({ inputs }) => text(inputs.cloudwatchRoleArn) !== "");
  if (!role) throw new CloudError("BadRequestException: CloudWatch Logs role ARN must be set in account settings to enable logging");
}

/** The policy an API definition carries in `x-amazon-apigateway-policy`. */
function policyOfBody(body: unknown): string {
  try {
    const policy = (JSON.parse(text(body)) as Values)["x-amazon-apigateway-policy"];
    return policy === undefined ? "" : JSON.stringify(policy);
  } catch {
    return "";
  }
}

const restApi = aws("apigateway/restApi:RestApi", {
  named: true,
  id: (context) => shortId(context),
  computedDefaults: (context) => ({
    apiKeySource: "HEADER",
    endpointConfiguration: { types: "EDGE", ipAddressType: "ipv4", vpcEndpointIds: [] },
    minimumCompressionSize: "",
    // A new definition replaces everything, the policy that was attached apart from it included.
    policy: text(context.inputs.policy) || policyOfBody(context.inputs.body),
  }),
  outputs: (context) => ({
    arn: ownArn(context, `/restapis/${context.id}`),
    createdDate: createdAt(context, "createdDate"),
    executionArn: arnOf(context, "execute-api", context.id),
    rootResourceId: letters(10, "abcdefghijklmnopqrstuvwxyz0123456789", context.hex(64, "root")),
  }),
  heldBy: [
    {
      type: "aws:apigateway/basePathMapping:BasePathMapping",
      message: () =>
        "BadRequestException: Please remove all base path mappings related to the stage in your domain before deleting the API",
    },
  ],
});

function attachPolicy({ cloud, inputs, operation }: RuleContext): void {
  const api = cloud.get(REST_API, text(inputs.restApiId));
  if (api) cloud.put({ ...api, outputs: { ...api.outputs, policy: operation === "delete" ? "" : text(inputs.policy) } });
}

const stage = aws("apigateway/stage:Stage", {
  replaceOn: ["restApi", "stageName"],
  id: ({ inputs }) => `ags-${text(inputs.restApi)}-${text(inputs.stageName)}`,
  admit: (context) => {
    if (context.inputs.accessLogSettings !== undefined) needLogRole(context);
  },
  outputs: (context) => {
    const { restApi, stageName } = context.inputs;
    const association = context
      .all("aws:wafv2/webAclAssociation:WebAclAssociation")
      .find(({ inputs }) => inputs.resourceArn === context.previous.arn);
    return {
      arn: ownArn(context, `/restapis/${text(restApi)}/stages/${text(stageName)}`),
      executionArn: `${arnOf(context, "execute-api", text(restApi))}/${text(stageName)}`,
      invokeUrl: `https://${text(restApi)}.execute-api.${regionOf(context)}.amazonaws.com/${text(stageName)}`,
      webAclArn: text(association?.inputs.webAclArn),
    };
  },
  forbidDelete: (context) => {
    if (context.all("aws:apigateway/usagePlan:UsagePlan").some(({ inputs }) => usesStage(inputs, context.inputs)))
      throw new CloudError("BadRequestException: Stages attached to a usage plan cannot be deleted: remove them from the plan first");
  },
});

/** A usage plan and a mapping name a stage by API and name, not by an identifier of its own. */
const usesStage = (plan: Values, inputs: Values): boolean =>
  objects(plan.apiStages).some(({ apiId, stage: name }) => apiId === inputs.restApi && name === inputs.stageName);

export const apigateway: readonly Rule[] = [
  restApi,
  aws("apigateway/restApiPolicy:RestApiPolicy", {
    replaceOn: ["restApiId"],
    id: ({ inputs }) => text(inputs.restApiId),
    effect: attachPolicy,
  }),
  aws("apigateway/deployment:Deployment", {
    replaceOn: ["restApi", "triggers", "variables"],
    id: (context) => shortId(context, 6),
    outputs: (context) => ({ createdDate: createdAt(context, "createdDate") }),
    heldBy: [{ type: STAGE, message: () => "BadRequestException: Active stages pointing to this deployment must be moved or deleted" }],
  }),
  stage,
  aws("apigateway/methodSettings:MethodSettings", {
    replaceOn: ["restApi", "stageName", "methodPath"],
    id: ({ inputs }) => `${text(inputs.restApi)}-${text(inputs.stageName)}-${text(inputs.methodPath)}`,
    admit: (context) => {
      needStage(context, context.inputs.restApi, context.inputs.stageName);
      const { loggingLevel } = (context.inputs.settings ?? {}) as { loggingLevel?: string };
      if (loggingLevel !== undefined && loggingLevel !== "OFF") needLogRole(context);
    },
  }),
  aws("apigateway/domainName:DomainName", {
    // `truststoreUri` is changed in place since terraform-provider-aws 4 (internal/service/apigateway/domain_name.go).
    replaceOn: ["domainName", "certificateBody", "certificateChain", "certificatePrivateKey"],
    id: ({ inputs }) => text(inputs.domainName),
    unique: {
      key: ({ inputs }) => text(inputs.domainName),
      message: () => "BadRequestException: The domain name you provided already exists.",
    },
    admit: (context) => needTruststore(context, context.inputs.mutualTlsAuthentication),
    computedDefaults: () => ({
      endpointConfiguration: { types: "EDGE", ipAddressType: "ipv4" },
      securityPolicy: "TLS_1_2",
      routingMode: "BASE_PATH_MAPPING_ONLY",
    }),
    outputs: (context) => {
      const domain = `d-${shortId(context)}`;
      return {
        arn: ownArn(context, `/domainnames/${text(context.inputs.domainName)}`),
        certificateUploadDate: createdAt(context, "certificateUploadDate"),
        cloudfrontDomainName: "",
        cloudfrontZoneId: "Z2FDTNDATAQYW2",
        domainNameId: "",
        regionalDomainName: `${domain}.execute-api.${regionOf(context)}.amazonaws.com`,
        regionalZoneId: `Z${context.hex(13, "zone").toUpperCase()}`,
      };
    },
  }),
  aws("apigateway/basePathMapping:BasePathMapping", {
    replaceOn: ["domainName", "domainNameId"],
    id: ({ inputs }) => `${text(inputs.domainName)}/${text(inputs.basePath)}`,
    admit: (context) => {
      if (context.inputs.stageName !== undefined) needStage(context, context.inputs.restApi, context.inputs.stageName);
    },
  }),
  aws("apigateway/response:Response", {
    replaceOn: ["restApiId", "responseType"],
    id: ({ inputs }) => `aggr-${text(inputs.restApiId)}-${text(inputs.responseType)}`,
  }),
  aws("apigateway/account:Account", {
    id: () => "api-gateway-account",
    // One per account and region: creating it again changes what is there.
    adopts: true,
    outputs: () => ({ apiKeyVersion: "4", features: ["UsagePlans"], throttleSettings: { burstLimit: 5000, rateLimit: 10000 } }),
  }),
  aws("apigateway/authorizer:Authorizer", {
    named: true,
    replaceOn: ["restApi"],
    id: (context) => shortId(context, 6),
    outputs: (context) => ({ arn: ownArn(context, `/restapis/${text(context.inputs.restApi)}/authorizers/${context.id}`) }),
  }),
  aws("apigateway/requestValidator:RequestValidator", { named: true, replaceOn: ["restApi"], id: (context) => shortId(context, 6) }),
  aws("apigateway/model:Model", { replaceOn: ["restApi", "name", "contentType"], id: (context) => shortId(context, 6) }),
  aws("apigateway/apiKey:ApiKey", {
    named: true,
    replaceOn: ["value"],
    id: (context) => shortId(context),
    defaults: () => ({ description: "Managed by Pulumi" }),
    computedDefaults: ({ hex }) => ({
      value: letters(40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", hex(64, "key")),
    }),
    outputs: (context) => ({
      arn: ownArn(context, `/apikeys/${context.id}`),
      createdDate: createdAt(context, "createdDate"),
      lastUpdatedDate: timestamp(context.now),
    }),
    unique: {
      key: ({ inputs }) => (inputs.value === undefined ? undefined : text(inputs.value)),
      message: () => "ConflictException: API Key already exists",
    },
  }),
  aws("apigateway/usagePlan:UsagePlan", {
    named: true,
    id: (context) => shortId(context, 6),
    admit: (context) => {
      for (const { apiId, stage: name } of objects(context.inputs.apiStages)) {
        if (!stageExists(context, apiId, name))
          throw new CloudError(`NotFoundException: API Stage not found: ${text(apiId)}:${text(name)}`);
      }
    },
    outputs: (context) => ({ arn: ownArn(context, `/usageplans/${context.id}`) }),
  }),
  aws("apigateway/usagePlanKey:UsagePlanKey", {
    replaceOn: ["keyId", "keyType", "usagePlanId"],
    id: ({ inputs }) => text(inputs.keyId),
    outputs: ({ cloud, inputs }) => {
      const key = cloud.get("aws:apigateway/apiKey:ApiKey", text(inputs.keyId));
      return { name: text(key?.outputs.name), value: text(key?.outputs.value) };
    },
  }),
  aws("apigateway/clientCertificate:ClientCertificate", {
    id: (context) => shortId(context, 6),
    outputs: (context) => ({
      arn: ownArn(context, `/clientcertificates/${context.id}`),
      createdDate: createdAt(context, "createdDate"),
      expirationDate: text(context.previous.expirationDate) || timestamp(new Date(context.now.getTime() + 365 * 86_400_000)),
      pemEncodedCertificate: `-----BEGIN CERTIFICATE-----\n${Buffer.from(context.hex(64)).toString("base64")}\n-----END CERTIFICATE-----`,
    }),
    heldBy: [{ type: STAGE, message: () => "BadRequestException: Client certificate is in use by a stage and cannot be deleted" }],
  }),
  aws("apigateway/vpcLink:VpcLink", {
    named: true,
    replaceOn: ["targetArn"],
    id: (context) => shortId(context, 6),
    outputs: (context) => ({ arn: ownArn(context, `/vpclinks/${context.id}`) }),
    heldBy: [
      {
        type: REST_API,
        contained: true,
        message: (_, holder) => `BadRequestException: Cannot delete vpc link. Vpc link is referenced in ${holder.id}`,
      },
      {
        type: "aws:apigateway/integration:Integration",
        message: (_, holder) => `BadRequestException: Cannot delete vpc link. Vpc link is referenced in ${holder.id}`,
      },
    ],
  }),
  aws("apigateway/resource:Resource", {
    replaceOn: ["restApi"],
    id: (context) => shortId(context, 6),
    outputs: ({ inputs }) => ({ path: `/${text(inputs.pathPart)}` }),
  }),
  aws("apigateway/method:Method", {
    replaceOn: ["restApi", "resourceId", "httpMethod"],
    id: ({ inputs }) => `agm-${text(inputs.restApi)}-${text(inputs.resourceId)}-${text(inputs.httpMethod)}`,
  }),
  aws("apigateway/integration:Integration", {
    replaceOn: ["restApi", "resourceId", "httpMethod", "type", "credentials", "integrationHttpMethod", "passthroughBehavior"],
    id: ({ inputs }) => `agi-${text(inputs.restApi)}-${text(inputs.resourceId)}-${text(inputs.httpMethod)}`,
  }),
];

function needTruststore({ all }: RuleContext, mutualTls: unknown): void {
  if (mutualTls === undefined) return;
  const { truststoreUri, truststoreVersion } = mutualTls as { truststoreUri?: string; truststoreVersion?: string };
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(text(truststoreUri)) ?? [];
  const found = ["aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/bucketObject:BucketObject"]
    .flatMap((type) => all(type))
    .filter((object) => object.outputs.bucket === bucket && object.outputs.key === key);
  if (found.length === 0)
    throw new CloudError("BadRequestException: The truststore you provided could not be found; check the bucket and the key");
  if (truststoreVersion !== undefined && !found.some(({ outputs }) => outputs.versionId === truststoreVersion))
    throw new CloudError("BadRequestException: The truststore version you provided could not be found");
}
