import type { Counters } from "../../../../components/backends/aws/authorizer/counters.ts";
import { createAuthorizer } from "../../../../components/backends/aws/authorizer/handler.ts";
import type { AuthorizerPolicy, ConsumerDigests } from "../../../../components/backends/aws/authorizer/policy.ts";
import type { AuthorizerEvent } from "../../../../components/backends/aws/authorizer/request.ts";
import { authorizerPolicy } from "../../../../components/backends/aws/authorizer-policy.ts";
import { unfoldRoutes } from "../../../../components/backends/aws/definition/tree.ts";
import { digest } from "../../../../components/digest.ts";
import { modelOf } from "../../../support/plan.ts";

export type Settings = {
  readonly edge?: boolean;
  readonly consumers?: ConsumerDigests;
  readonly counters?: Counters;
  readonly meterKey?: string;
  readonly now?: () => number;
};

/** The policy the AWS backend ships for a document. */
export async function policyOf(document: Record<string, unknown>, edge = false): Promise<AuthorizerPolicy> {
  const model = await modelOf(JSON.stringify({ name: "shop", hostname: "api.shop.example.com", ...document }));
  return JSON.parse(JSON.stringify(authorizerPolicy(model, unfoldRoutes(model.routes), edge))) as AuthorizerPolicy;
}

/** An authorizer over a document, asked like API Gateway asks: the status a client would see, and what comes with it. */
export async function authorizerOf(document: Record<string, unknown>, { edge = false, ...settings }: Settings = {}) {
  const policy = await policyOf(document, edge);
  const authorize = createAuthorizer({ policy, consumers: {}, ...settings });
  return async (
    route: string,
    headers: Record<string, string | string[]> = {},
    more: { sourceIp?: string; certificate?: string } = {},
  ): Promise<Outcome> => {
    const metered = policy.rules[policy.routes[route] ?? -1]?.metered ?? false;
    try {
      const answer = await authorize(event(route, headers, more));
      const effect = answer.policyDocument.Statement[0].Effect;
      if (effect === "Deny") return { status: 403, context: answer.context };
      // API Gateway answers INVALID_API_KEY, which the gateway's responses turn into 429.
      if (metered && answer.usageIdentifierKey === undefined) return { status: 429, context: answer.context };
      return {
        status: 200,
        context: answer.context,
        ...(answer.usageIdentifierKey === undefined ? {} : { usageKey: answer.usageIdentifierKey }),
      };
    } catch (error) {
      const { message } = error as Error;
      return message === "Unauthorized" ? { status: 401, context: {} } : { status: 503, context: {}, error: message };
    }
  };
}

export interface Outcome {
  readonly status: number;
  readonly context: Readonly<Record<string, string>>;
  readonly usageKey?: string;
  readonly error?: string;
}

/** A REQUEST event as REST APIs send it. */
export function event(
  route: string,
  headers: Record<string, string | string[]> = {},
  { sourceIp = "203.0.113.7", certificate }: { sourceIp?: string; certificate?: string } = {},
): AuthorizerEvent {
  const [httpMethod = "", resource = ""] = route.split(" ");
  return {
    methodArn: `arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/live/${httpMethod}${resource.replaceAll(/\{[^}]*\}/g, "x")}`,
    httpMethod,
    resource,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
    requestContext: {
      requestId: "11111111-2222-3333-4444-555555555555",
      identity: { sourceIp, ...(certificate === undefined ? {} : { clientCert: { clientCertPem: certificate } }) },
    },
  };
}

export const consumersOf = (keys: Record<string, { consumer: string; plan?: string }>): ConsumerDigests =>
  Object.fromEntries(Object.entries(keys).map(([key, whose]) => [digest(key), whose]));
