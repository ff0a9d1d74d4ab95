import type { Alternative, GatewayModel, JwtProvider, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { type ForgedToken, forgedTokens, KEYLESS, SHORT_CORPUS } from "../credentials/forged/index.ts";
import { strangersMint, type TokenMint } from "../credentials/tokens.ts";
import { EXPECT, type Expectation, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import type { Request } from "../wire/client.ts";

/** A route and one of its alternatives that asks for a token. */
export interface TokenRoute {
  readonly route: Route;
  readonly alternative: Alternative;
  readonly provider: JwtProvider;
  /** `@route`, with the alternative's number where the route has several. */
  readonly suffix: string;
}

/** Tokens: everything a verifier must refuse, on one route per provider in full and on every other route in short. */
export function jwtProbes(model: GatewayModel): Probe[] {
  const covered = new Set<string>();
  return tokenRoutes(model).flatMap((target) => {
    const inFull = !covered.has(target.provider.name);
    covered.add(target.provider.name);
    const corpus = forgedTokens(target.provider).filter(({ id }) => inFull || SHORT_CORPUS.has(id));
    return [...corpus.map((forged) => forgedProbe(target, forged)), ...(inFull ? [...placeProbes(target), ...acceptedProbes(target)] : [])];
  });
}

/** Every alternative that asks for a token, those that ask for nothing else first. */
export function tokenRoutes(model: GatewayModel): TokenRoute[] {
  const targets = model.routes.flatMap((route) => {
    if (route.requirement.kind === "public") return [];
    const { alternatives } = route.requirement;
    return alternatives.flatMap((alternative, index) => {
      const provider = model.jwtProviders[alternative.jwt?.providers[0] ?? ""];
      const number = alternatives.length > 1 ? `-${index + 1}` : "";
      return provider ? [{ route, alternative, provider, suffix: `@${route.name}${number}` }] : [];
    });
  });
  const parts = ({ alternative }: TokenRoute) => (alternative.apiKey ? 1 : 0) + (alternative.clientCertificate ? 1 : 0);
  return targets
    .map((target, index) => ({ target, index }))
    .sort((a, b) => parts(a.target) - parts(b.target) || a.index - b.index)
    .map(({ target }) => target);
}

function forgedProbe(target: TokenRoute, forged: ForgedToken): Probe {
  return {
    id: `jwt.${forged.id}${target.suffix}`,
    control: "require.jwt",
    title: `Refused: ${forged.what}`,
    attack: true,
    run: async (context) => {
      const { route, alternative, provider } = target;
      const own = context.credentials.mintFor([provider.name]);
      if (own === undefined && !KEYLESS.has(forged.id)) throw new SkipProbe(`no key to sign tokens of "${provider.name}" was given`);
      const mint = own ?? (await context.once(`stranger ${provider.name}`, async () => strangersMint(provider)));
      const token = await forged.make(mint, context.credentials.claims(mint, route, alternative));
      return withAuthorization(context, target, `Bearer ${token}`);
    },
  };
}

/** Sends the route everything it asks for, but this as Authorization; null sends none. */
export async function withAuthorization(
  context: ProbeContext,
  target: TokenRoute,
  authorization: string | null,
  change: Partial<Request> = {},
  expected: Expectation = EXPECT.unauthenticated,
): Promise<Verdict> {
  const { route, alternative } = target;
  const rest = context.credentials.missing({ ...alternative, jwt: undefined });
  if (rest !== undefined) throw new SkipProbe(rest);
  const admission = await context.credentials.admit(route, alternative, { authorization });
  const request = context.requestFor(route, admission, { method: route.methods[0] ?? "GET", ...change });
  return judge(expected, await context.send(request), context.settings.exact);
}

/** A right token where tokens have no business, or together with a wrong one. */
function placeProbes(target: TokenRoute): Probe[] {
  const probe = (
    id: string,
    title: string,
    place: (token: string) => { authorization: string | null; headers?: Request["headers"]; query?: string },
    expected: Expectation = EXPECT.unauthenticated,
  ): Probe => ({
    id: `jwt.place-${id}${target.suffix}`,
    control: "require.jwt",
    title,
    attack: true,
    run: async (context) => {
      const { authorization, headers, query } = place(await rightToken(context, target));
      const path = context.pathOf(target.route);
      const change: Partial<Request> = { ...(headers ? { headers } : {}), ...(query ? { target: `${path}?${query}` } : {}) };
      return withAuthorization(context, target, authorization, change, expected);
    },
  });
  const wrong = "Bearer gateway.verify.wrong";
  return [
    probe("empty", "Refused: the scheme without a token", () => ({ authorization: "Bearer " })),
    probe("scheme-only", "Refused: the scheme alone", () => ({ authorization: "Bearer" })),
    probe("no-scheme", "Refused: a right token without its scheme", (token) => ({ authorization: token })),
    probe("basic", "Refused: a right token under the scheme Basic", (token) => ({ authorization: `Basic ${token}` })),
    probe("token-scheme", "Refused: a right token under the scheme Token", (token) => ({ authorization: `Token ${token}` })),
    probe("query", "Refused: a right token in the query", (token) => ({ authorization: null, query: `access_token=${token}` })),
    probe("query-token", "Refused: a right token in the query under other names", (token) => ({
      authorization: null,
      query: `token=${token}&jwt=${token}&authorization=Bearer%20${token}`,
    })),
    probe("cookie", "Refused: a right token in a cookie", (token) => ({
      authorization: null,
      headers: [["Cookie", `access_token=${token}; authorization=Bearer ${token}; token=${token}`]],
    })),
    probe("other-headers", "Refused: a right token in headers of other names", (token) => ({
      authorization: null,
      headers: ["Proxy-Authorization", "X-Authorization", "X-Access-Token", "X-Auth-Token"].map(
        (name) => [name, `Bearer ${token}`] as const,
      ),
    })),
    probe("underscore-header", "Refused: a right token in a header that some servers read as Authorization", (token) => ({
      authorization: null,
      headers: [["HTTP_AUTHORIZATION", `Bearer ${token}`]],
    })),
    probe(
      "wrong-then-right",
      "Refused: a wrong token and a right one in two Authorization headers",
      (token) => ({
        authorization: wrong,
        headers: [["Authorization", `Bearer ${token}`]],
      }),
      EXPECT.unauthenticatedOrMalformed,
    ),
    probe(
      "right-then-wrong",
      "Refused: a right token and a wrong one in two Authorization headers",
      (token) => ({
        authorization: `Bearer ${token}`,
        headers: [["Authorization", wrong]],
      }),
      EXPECT.unauthenticatedOrMalformed,
    ),
    probe(
      "joined",
      "Refused: a wrong token and a right one in one Authorization header",
      (token) => ({
        authorization: `${wrong}, Bearer ${token}`,
      }),
      EXPECT.unauthenticatedOrMalformed,
    ),
    probe(
      "joined-right-first",
      "Refused: a right token and a wrong one in one Authorization header",
      (token) => ({
        authorization: `Bearer ${token}, ${wrong}`,
      }),
      EXPECT.unauthenticatedOrMalformed,
    ),
    probe(
      "padded",
      "Refused: a right token with something behind it",
      (token) => ({ authorization: `Bearer ${token} gateway-verify` }),
      EXPECT.unauthenticatedOrMalformed,
    ),
  ];
}

async function rightToken(context: ProbeContext, { route, alternative, provider }: TokenRoute): Promise<string> {
  if (!context.credentials.mintFor([provider.name])) throw new SkipProbe(`no key to sign tokens of "${provider.name}" was given`);
  return context.credentials.token(route, alternative);
}

/** Right tokens in less usual forms. */
function acceptedProbes(target: TokenRoute): Probe[] {
  const probe = (
    id: string,
    title: string,
    change: (claims: Record<string, unknown>, mint: TokenMint) => Record<string, unknown>,
  ): Probe => ({
    id: `jwt.${id}${target.suffix}`,
    control: "require.jwt",
    title,
    attack: false,
    run: async (context) => {
      const { route, alternative, provider } = target;
      const mint = context.credentials.mintFor([provider.name]);
      const missing = context.credentials.missing(alternative);
      if (mint === undefined || missing !== undefined) throw new SkipProbe(missing ?? "no key to sign tokens was given");
      const token = await mint.sign(change(context.credentials.claims(mint, route, alternative), mint));
      const admission = await context.credentials.admit(route, alternative, { authorization: `Bearer ${token}` });
      if (route.grpc) throw new SkipProbe("the route takes gRPC only");
      const answer = await context.send(context.requestFor(route, admission), { route, consumer: admission.consumer });
      const { reached, detail } = await context.judgeReach(answer);
      return reached ? passed(detail) : failed(`expected an answer of the backend, got ${detail}`);
    },
  });
  const audience = target.provider.audiences[0];
  return [
    probe("aud-mixed-list", "Accepted: our audience among others", (claims) => ({ ...claims, aud: ["gateway-verify", audience] })),
    probe("nbf-missing", "Accepted: no nbf, which is optional", (claims) => ({ ...claims, nbf: undefined })),
    ...(target.alternative.jwt && target.alternative.jwt.scopes.length > 0
      ? [
          probe("scope-more", "Accepted: more scopes than asked for", (claims) => ({ ...claims, scope: `openid ${claims.scope} profile` })),
          probe("scp-list", "Accepted: the scopes as a list in scp", (claims) => ({
            ...claims,
            scope: undefined,
            scp: ["openid", ...(target.alternative.jwt?.scopes ?? [])],
          })),
        ]
      : []),
  ];
}
