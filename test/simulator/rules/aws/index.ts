import type { FunctionRule, RuleSet } from "../../core/rule.ts";
import { text, type Values } from "../../core/values.ts";
import { apigateway } from "./apigateway.ts";
import { apigatewayv2 } from "./apigatewayv2.ts";
import { certificateFunctions, certificatesAndDns } from "./certificates-dns.ts";
import { ACCOUNT_ID, allTags, regionOf } from "./common.ts";
import { computeAndIdentity } from "./compute-identity.ts";
import { edge } from "./edge.ts";
import { gatewayParts } from "./gateway-parts.ts";
import { hybrid } from "./hybrid.ts";
import { network } from "./network.ts";
import { storageAndObservability } from "./storage-observability.ts";

/** Statements in the form the provider renders them: what a test needs of `getPolicyDocument` is that it is JSON and says the same. */
const getPolicyDocument: FunctionRule = (args) => {
  const statements = (Array.isArray(args.statements) ? (args.statements as Values[]) : []).map((statement) => ({
    ...(statement.sid === undefined ? {} : { Sid: statement.sid }),
    Effect: statement.effect ?? "Allow",
    ...(Array.isArray(statement.principals)
      ? {
          Principal: Object.fromEntries(
            (statement.principals as Values[]).map(({ type, identifiers }) => [text(type), single(identifiers)]),
          ),
        }
      : {}),
    Action: single(statement.actions),
    ...(statement.resources === undefined ? {} : { Resource: single(statement.resources) }),
    ...(Array.isArray(statement.conditions) ? { Condition: conditions(statement.conditions as Values[]) } : {}),
  }));
  const json = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  return { ...args, id: "0", json, minifiedJson: json, version: "2012-10-17" };
};

const single = (values: unknown): unknown => (Array.isArray(values) && values.length === 1 ? values[0] : values);

function conditions(list: readonly Values[]): Values {
  const grouped: Record<string, Values> = {};
  for (const { test, variable, values } of list) {
    const operator = text(test);
    grouped[operator] = { ...grouped[operator], [text(variable)]: single(values) };
  }
  return grouped;
}

export const ruleSet: RuleSet = {
  name: "aws",
  rules: [
    ...apigateway,
    ...apigatewayv2,
    ...certificatesAndDns,
    ...computeAndIdentity,
    ...edge,
    ...storageAndObservability,
    ...network,
    ...hybrid,
    ...gatewayParts,
  ],
  common: (context) => ({ region: regionOf(context), tagsAll: allTags(context) }),
  configure: ({ region }) => (region === undefined ? "Missing region information: set aws:region in the stack's configuration" : undefined),
  functions: {
    ...certificateFunctions,
    "aws:index/getCallerIdentity:getCallerIdentity": () => ({
      accountId: ACCOUNT_ID,
      arn: `arn:aws:iam::${ACCOUNT_ID}:user/simulator`,
      id: ACCOUNT_ID,
      userId: "AIDASAMPLEUSERID",
    }),
    "aws:index/getRegion:getRegion": (args, { account }) => {
      const region = text(args.region ?? account.config.region);
      return { id: region, region, name: region, endpoint: `ec2.${region}.amazonaws.com`, description: "simulated" };
    },
    "aws:index/getPartition:getPartition": () => ({
      id: "aws",
      partition: "aws",
      dnsSuffix: "amazonaws.com",
      reverseDnsPrefix: "com.amazonaws",
    }),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (args, { account }) => {
      const region = text(args.region ?? account.config.region);
      const zones = ["a", "b", "c"].map((letter) => `${region}${letter}`);
      return { id: region, region, names: zones, zoneIds: zones.map((zone) => `${zone}-id`), groupNames: [region], state: "available" };
    },
    "aws:iam/getPolicyDocument:getPolicyDocument": getPolicyDocument,
  },
};
