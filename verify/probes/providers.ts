import { sign } from "node:crypto";
import type { ControlId } from "../../components/backends/controls.ts";
import type { Alternative, GatewayModel, JwtProvider, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { assemble } from "../credentials/forged/assemble.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { callGrpcAs } from "../reach-grpc.ts";

interface Use {
  readonly route: Route;
  readonly alternative: Alternative;
}

/** Every provider's right tokens are let in: its keys are found, its algorithm is spoken, and routes of several providers take each of them. */
export function providerProbes(model: GatewayModel): Probe[] {
  const uses = model.routes.flatMap((route): Use[] =>
    route.requirement.kind === "public" ? [] : route.requirement.alternatives.map((alternative) => ({ route, alternative })),
  );
  const accepting = (provider: JwtProvider) => uses.filter(({ alternative }) => alternative.jwt?.providers.includes(provider.name));
  return [
    ...Object.values(model.jwtProviders).flatMap((provider) =>
      controlsOf(provider).map(
        ({ id, control, what }): Probe => ({
          id: `provider.${id}@${provider.name}`,
          control,
          title: `A right token of ${provider.name}, ${what}, is accepted`,
          attack: false,
          run: (context) => accepted(context, provider, accepting(provider)),
        }),
      ),
    ),
    ...Object.values(model.jwtProviders).flatMap((provider) =>
      accepting(provider)
        .slice(0, 1)
        .map((use) => otherAlgorithm(provider, use)),
    ),
    ...uses
      .filter(({ alternative }) => (alternative.jwt?.providers.length ?? 0) > 1)
      .flatMap((use) =>
        (use.alternative.jwt?.providers ?? []).map(
          (name): Probe => ({
            id: `provider.any-${name}@${use.route.name}`,
            control: "require.jwt.providers",
            title: `A right token of ${name} is accepted where several providers are`,
            attack: false,
            run: (context) => accepted(context, model.jwtProviders[name] as JwtProvider, [use]),
          }),
        ),
      ),
  ];
}

const HASHES = { RS256: "sha256", RS384: "sha384", RS512: "sha512" } as const;

/** The right key, but used with an algorithm that the document does not list. */
function otherAlgorithm(provider: JwtProvider, { route, alternative }: Use): Probe {
  const extra = provider.algorithms.some((algorithm) => algorithm !== "RS256");
  return {
    id: `provider.other-algorithm@${provider.name}`,
    control: extra ? "require.jwt.algorithms" : "require.jwt",
    title: `Refused: a token of ${provider.name}, signed with its own key by an algorithm other than ${provider.algorithms.join(" and ")}`,
    attack: true,
    run: async (context) => {
      const mint = context.credentials.mintFor([provider.name]);
      if (mint === undefined) throw new SkipProbe(`no key to sign tokens of "${provider.name}" was given`);
      if (mint.key.asymmetricKeyType !== "rsa") throw new SkipProbe(`a key of type ${mint.key.asymmetricKeyType} knows one algorithm only`);
      const algorithm = (["RS512", "RS384", "RS256"] as const).find((name) => !provider.algorithms.includes(name));
      if (algorithm === undefined) throw new SkipProbe("the document lists every algorithm of this key");
      const missing = context.credentials.missing({ ...alternative, jwt: undefined });
      if (missing !== undefined) throw new SkipProbe(missing);
      const header = { alg: algorithm, kid: mint.keyId, typ: "JWT" };
      const token = assemble(header, context.credentials.claims(mint, route, alternative), (input) =>
        sign(HASHES[algorithm], Buffer.from(input), mint.key),
      );
      const admission = await context.credentials.admit(route, alternative, { authorization: `Bearer ${token}` });
      const answer = await context.send(context.requestFor(route, admission, { method: route.methods[0] ?? "GET" }));
      return judge(EXPECT.unauthenticated, answer, context.settings.exact);
    },
  };
}

function controlsOf({ keys, algorithms }: JwtProvider): { id: string; control: ControlId; what: string }[] {
  const where =
    keys.kind === "inline"
      ? [{ id: "inline-keys", control: "require.jwt.inlineKeys" as const, what: "whose keys stand in the document" }]
      : keys.trust.kind === "public"
        ? [{ id: "public-keys", control: "require.jwt" as const, what: "whose keys are published" }]
        : [
            {
              id: "private-keys",
              control: "require.jwt.privateKeyServer" as const,
              what: "whose keys are on a server of a private authority",
            },
          ];
  const others = algorithms.filter((algorithm) => algorithm !== "RS256");
  return [
    ...where,
    ...(others.length > 0
      ? [{ id: "algorithm", control: "require.jwt.algorithms" as const, what: `signed with ${algorithms.join(" or ")}` }]
      : []),
  ];
}

async function accepted(context: ProbeContext, provider: JwtProvider, uses: readonly Use[]): Promise<Verdict> {
  const mint = context.credentials.mintFor([provider.name]);
  if (mint === undefined) throw new SkipProbe(`no key to sign tokens of "${provider.name}" was given`);
  let reason = "no route takes tokens of this provider";
  for (const { route, alternative } of uses) {
    const missing = context.credentials.missing(alternative);
    if (missing !== undefined) {
      reason = missing;
      continue;
    }
    const token = await mint.sign(context.credentials.claims(mint, route, alternative));
    const admission = await context.credentials.admit(route, alternative, { authorization: `Bearer ${token}` });
    const { reached, detail } = route.grpc
      ? await callGrpcAs(context, route, admission)
      : await context.judgeReach(await context.send(context.requestFor(route, admission), { route, consumer: admission.consumer }));
    return reached
      ? passed(`${route.name}: ${detail}`)
      : failed(`expected an answer of the backend to a token signed with ${mint.algorithm}, got ${detail}`);
  }
  throw new SkipProbe(reason);
}
