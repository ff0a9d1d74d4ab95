import { readFileSync } from "node:fs";
import { type Counters, DynamoCounters } from "./counters.ts";
import { type Deciders, type Decision, decide, type Identity } from "./decide.ts";
import { claimAt, TokenVerifier } from "./jwt.ts";
import type { AuthorizerPolicy, ConsumerDigests } from "./policy.ts";
import { AuthorizedRequest, type AuthorizerEvent } from "./request.ts";

/** What API Gateway expects of a REQUEST authorizer. */
export interface AuthorizerAnswer {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: "2012-10-17";
    readonly Statement: readonly [{ readonly Action: "execute-api:Invoke"; readonly Effect: "Allow" | "Deny"; readonly Resource: string }];
  };
  readonly context: Readonly<Record<string, string>>;
  readonly usageIdentifierKey?: string;
}

export interface AuthorizerSettings {
  readonly policy: AuthorizerPolicy;
  readonly consumers: ConsumerDigests;
  readonly counters?: Counters;
  /** Usage key of admitted requests that have no consumer. */
  readonly meterKey?: string;
  readonly now?: () => number;
}

/** Longest value passed on in a header; longer ones would break the 10,240 bytes API Gateway allows for all headers together. */
const LONGEST_VALUE = 2048;

/** An authorizer over a fixed policy. An error it throws, other than the word API Gateway turns into 401, becomes 503: nothing fails open. */
export function createAuthorizer(settings: AuthorizerSettings): (event: AuthorizerEvent) => Promise<AuthorizerAnswer> {
  const now = settings.now ?? Date.now;
  const by: Deciders = {
    policy: settings.policy,
    consumers: settings.consumers,
    counters: settings.counters,
    verifiers: Object.fromEntries(
      Object.entries(settings.policy.providers).map(([name, provider]) => [name, new TokenVerifier(provider, now)]),
    ),
    now,
  };
  return async (event) => {
    const request = new AuthorizedRequest(event, settings.policy);
    const decision = await decide(request, by);
    if (decision.kind === "unauthenticated") throw new Error("Unauthorized");
    const metered = settings.policy.rules[settings.policy.routes[request.route] ?? -1]?.metered ?? false;
    const answer = answerOf(decision, metered, request, settings.policy);
    // A metered method without a usage key is answered 429 by API Gateway, which an authorizer cannot do itself.
    if (decision.kind !== "allow" || !metered) return answer;
    const usageIdentifierKey = decision.identity.apiKey ?? settings.meterKey;
    if (usageIdentifierKey === undefined) throw new Error("the usage key of this deployment is missing");
    return { ...answer, usageIdentifierKey };
  };
}

function answerOf(
  decision: Exclude<Decision, { kind: "unauthenticated" }>,
  metered: boolean,
  request: AuthorizedRequest,
  policy: AuthorizerPolicy,
): AuthorizerAnswer {
  const identity: Identity = decision.kind === "forbidden" ? {} : decision.identity;
  const subject = identity.claims?.sub;
  const context: Record<string, string> = { decision: decision.kind };
  if (decision.kind === "forbidden") context.reason = decision.reason;
  if (decision.kind === "limited") context.reason = decision.limit;
  const put = (key: string, value: unknown) => {
    const text = headerText(value);
    if (text !== undefined) context[key] = text;
  };
  for (const [key, header] of Object.entries(policy.logHeaders)) put(key, request.values(header).join(", "));
  if (identity.provider !== undefined) {
    const provider = policy.providers[identity.provider];
    put("subject", subject);
    put("issuer", provider?.issuer);
    for (const [key, claim] of Object.entries(provider?.claims ?? {})) put(key, claimAt(identity.claims ?? {}, claim));
  }
  put("consumer", identity.consumer);
  put("certificate", identity.certificate?.header);
  return {
    principalId: context.subject ?? context.consumer ?? identity.certificate?.hash ?? "anonymous",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Action: "execute-api:Invoke",
          Effect: decision.kind === "allow" || (decision.kind === "limited" && metered) ? "Allow" : "Deny",
          Resource: request.methodArn,
        },
      ],
    },
    context,
  };
}

/** A value as a header field; undefined when it would not be one, so that the header is left out rather than misread. */
function headerText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text !== "" && text.length <= LONGEST_VALUE && /^[\t\x20-\x7e]*$/.test(text) ? text : undefined;
}

let authorizer: ReturnType<typeof createAuthorizer> | undefined;

/** Entry point of the Lambda function. */
export const handler = (event: AuthorizerEvent): Promise<AuthorizerAnswer> => {
  authorizer ??= createAuthorizer(deployed(process.env));
  return authorizer(event);
};

function deployed(environment: NodeJS.ProcessEnv): AuthorizerSettings {
  const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
  const { COUNTERS_TABLE: table, METER_KEY: meterKey } = environment;
  return {
    policy: read("./policy.json"),
    consumers: read("./consumers.json"),
    ...(table === undefined ? {} : { counters: new DynamoCounters(table, environment) }),
    ...(meterKey === undefined ? {} : { meterKey }),
  };
}
