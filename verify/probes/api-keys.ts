import { createHash, randomBytes } from "node:crypto";
import type { Alternative, GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { EXPECT, type Expectation, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import type { Request } from "../wire/client.ts";

interface KeyRoute {
  readonly route: Route;
  readonly alternative: Alternative;
  readonly suffix: string;
}

/** API keys: wrong ones, right ones in the wrong place, right ones of somebody who has no business here. */
export function apiKeyProbes(model: GatewayModel): Probe[] {
  const targets = keyRoutes(model);
  return targets.flatMap((target, index) => [
    ...wrongKeys(target, index === 0),
    ...(index === 0 ? misplacedKeys(target, model.apiKeys?.header ?? "x-api-key") : []),
    ...otherPlans(model, target),
    ...consumers(model, target, index === 0),
  ]);
}

function keyRoutes(model: GatewayModel): KeyRoute[] {
  return model.routes.flatMap((route) => {
    if (route.requirement.kind === "public") return [];
    const { alternatives } = route.requirement;
    return alternatives.flatMap((alternative, index) =>
      alternative.apiKey ? [{ route, alternative, suffix: `@${route.name}${alternatives.length > 1 ? `-${index + 1}` : ""}` }] : [],
    );
  });
}

/** Everything else the alternative asks for, but this key; null brings none. */
async function withKey(
  context: ProbeContext,
  { route, alternative }: KeyRoute,
  key: string | null,
  change: Partial<Request> = {},
  expected: Expectation = EXPECT.unauthenticated,
): Promise<Verdict> {
  const rest = context.credentials.missing({ ...alternative, apiKey: undefined });
  if (rest !== undefined) throw new SkipProbe(rest);
  const admission = await context.credentials.admit(route, alternative, { apiKey: key });
  const request = context.requestFor(route, admission, { method: route.methods[0] ?? "GET", ...change });
  return judge(expected, await context.send(request), context.settings.exact);
}

function rightKey(context: ProbeContext, { alternative }: KeyRoute): { consumer: string; key: string } {
  const [consumer] = alternative.apiKey ? context.credentials.consumersFor(alternative.apiKey) : [];
  const key = consumer === undefined ? undefined : context.settings.apiKeys[consumer];
  if (consumer === undefined || key === undefined) throw new SkipProbe(context.credentials.missing(alternative) ?? "no API key was given");
  return { consumer, key };
}

function wrongKeys(target: KeyRoute, inFull: boolean): Probe[] {
  const probe = (id: string, what: string, make: (key: string, consumer: string) => string, expected?: Expectation): Probe => ({
    id: `api-key.${id}${target.suffix}`,
    control: "require.apiKey",
    title: `Refused: ${what}`,
    attack: true,
    run: async (context) => {
      const { key, consumer } = rightKey(context, target);
      return withKey(context, target, make(key, consumer), {}, expected);
    },
  });
  const stranger: Probe = {
    id: `api-key.random${target.suffix}`,
    control: "require.apiKey",
    title: "Refused: a random key",
    attack: true,
    run: (context) => withKey(context, target, randomBytes(32).toString("base64url")),
  };
  const short = [
    stranger,
    probe("case", "a right key in other letters", swapCase),
    probe("shorter", "a right key without its last letter", (key) => key.slice(0, -1)),
  ];
  if (!inFull) return short;
  return [
    ...short,
    probe("empty", "an empty key", () => ""),
    probe("longer", "a right key with a letter more", (key) => `${key}A`),
    probe("twice", "a right key twice in one", (key) => key + key),
    probe("list", "a right key in a list", (key) => `${key},${key}`, EXPECT.unauthenticatedOrMalformed),
    probe("quoted", "a right key in quotes", (key) => `"${key}"`),
    probe("wildcard", "a wildcard", () => "*"),
    probe("consumer", "the consumer's name", (_key, consumer) => consumer),
    probe("hash", "the hash of a right key", (key) => createHash("sha256").update(key).digest("hex")),
    probe("reversed", "a right key backwards", (key) => [...key].reverse().join("")),
    probe("sql", "an SQL injection", () => "' OR '1'='1"),
    probe("null", "the word null", () => "null"),
    probe("long", "a key of 8 KiB", () => "A".repeat(8192)),
  ];
}

const swapCase = (text: string) =>
  [...text].map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join("");

function misplacedKeys(target: KeyRoute, header: string): Probe[] {
  const probe = (
    id: string,
    title: string,
    place: (key: string) => { headers?: Request["headers"]; query?: string; key?: string },
    expected: Expectation = EXPECT.unauthenticated,
  ): Probe => ({
    id: `api-key.place-${id}${target.suffix}`,
    control: "require.apiKey",
    title,
    attack: true,
    run: async (context) => {
      const right = rightKey(context, target);
      const { headers, query, key = null } = place(right.key);
      const path = context.pathOf(target.route);
      const change: Partial<Request> = { ...(headers ? { headers } : {}), ...(query ? { target: `${path}?${query}` } : {}) };
      return withKey(context, target, key, change, expected);
    },
  });
  const wrong = "gateway-verify-wrong";
  return [
    probe("query", "Refused: a right key in the query", (key) => ({ query: `${header}=${key}&api_key=${key}&apikey=${key}&key=${key}` })),
    probe("cookie", "Refused: a right key in a cookie", (key) => ({ headers: [["Cookie", `${header}=${key}; api_key=${key}`]] })),
    probe("bearer", "Refused: a right key as bearer token", (key) => ({ headers: [["Authorization", `Bearer ${key}`]] })),
    probe("basic", "Refused: a right key as Basic credentials", (key) => ({
      headers: [["Authorization", `Basic ${Buffer.from(`${key}:`).toString("base64")}`]],
    })),
    probe("other-headers", "Refused: a right key in headers of other names", (key) => ({
      headers: ["apikey", "api-key", "x-apikey", "x-key", "x-auth-token"]
        .filter((name) => name !== header)
        .map((name) => [name, key] as const),
    })),
    probe("underscore-header", "Refused: a right key in a header that some servers read as the right one", (key) => ({
      headers: [[header.replaceAll("-", "_"), key]],
    })),
    probe(
      "wrong-then-right",
      "Refused: a wrong key and a right one in two headers",
      (key) => ({ key: wrong, headers: [[header, key]] }),
      EXPECT.unauthenticatedOrMalformed,
    ),
    probe(
      "right-then-wrong",
      "Refused: a right key and a wrong one in two headers",
      (key) => ({ key, headers: [[header, wrong]] }),
      EXPECT.unauthenticatedOrMalformed,
    ),
  ];
}

/** A key of a consumer whose plan the route does not admit. */
function otherPlans(model: GatewayModel, target: KeyRoute): Probe[] {
  const plans = target.alternative.apiKey?.plans;
  if (plans === undefined) return [];
  return Object.values(model.consumers)
    .filter(({ plan }) => plan === undefined || !plans.includes(plan))
    .map((consumer) => ({
      id: `api-key.plan-${consumer.name}${target.suffix}`,
      control: "require.apiKey.plans",
      title: `Refused: the key of ${consumer.name}, ${consumer.plan === undefined ? "who has no plan" : `whose plan is ${consumer.plan}`}`,
      attack: true,
      run: async (context) => {
        const key = context.settings.apiKeys[consumer.name];
        if (key === undefined) throw new SkipProbe(`no API key of "${consumer.name}" was given`);
        return withKey(context, target, key, {}, EXPECT.forbidden);
      },
    }));
}

/** Each consumer the route admits gets in with a key of its own. */
function consumers(model: GatewayModel, target: KeyRoute, all: boolean): Probe[] {
  const plans = target.alternative.apiKey?.plans;
  const admitted = Object.values(model.consumers).filter(({ plan }) => plans === undefined || (plan !== undefined && plans.includes(plan)));
  return (all ? admitted : admitted.slice(0, 1)).map((consumer) => ({
    id: `api-key.of-${consumer.name}${target.suffix}`,
    control: plans === undefined ? "require.apiKey" : "require.apiKey.plans",
    title: `Accepted: the key of ${consumer.name}`,
    attack: false,
    run: async (context) => {
      const key = context.settings.apiKeys[consumer.name];
      if (key === undefined) throw new SkipProbe(`no API key of "${consumer.name}" was given`);
      const { route, alternative } = target;
      const rest = context.credentials.missing({ ...alternative, apiKey: undefined });
      if (rest !== undefined) throw new SkipProbe(rest);
      const admission = await context.credentials.admit(route, alternative, { apiKey: key });
      const answer = await context.send(context.requestFor(route, admission), { route, consumer: consumer.name });
      const { reached, detail } = await context.judgeReach(answer);
      return reached ? passed(detail) : failed(`expected an answer of the backend, got ${detail}`);
    },
  }));
}
