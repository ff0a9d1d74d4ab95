import type { ControlId } from "../../components/backends/controls.ts";
import type { Alternative, GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext, Reach } from "../context.ts";
import { judgePath } from "../oracle/paths.ts";
import { samplePath } from "../oracle/samples.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";

export const matchControl = (route: Route): ControlId => (route.grpc ? "route.grpc" : `route.${route.path.kind}`);

/** Every route answers a client that has what it asks for, refuses one that has not, and is found under no other path. */
export function routeProbes(model: GatewayModel): Probe[] {
  return [
    ...model.routes.map(reached),
    ...model.routes.flatMap(everyAlternative),
    ...model.routes.flatMap(withoutCredentials),
    ...model.routes.flatMap((route) => neighbours(model, route)),
    unknown(),
  ];
}

const judgeReached = ({ reached, detail }: Reach): Verdict =>
  reached ? passed(detail) : failed(`expected an answer of the backend, got ${detail}`);

function reached(route: Route): Probe {
  const asks = route.requirement.kind === "public" ? "" : " with what it asks for";
  return {
    id: `route.reached@${route.name}`,
    control: matchControl(route),
    title: `${route.methods[0]} ${route.path.text}${asks} reaches its backend`,
    attack: false,
    run: async (context) => judgeReached(await context.reach(route)),
  };
}

function everyAlternative(route: Route): Probe[] {
  if (route.requirement.kind === "public" || route.grpc) return [];
  const { alternatives } = route.requirement;
  if (alternatives.length < 2) return [];
  return alternatives.map((alternative, index) => ({
    id: `require.alternative-${index + 1}@${route.name}`,
    control: "require.any",
    title: `${describeAlternative(alternative)} alone lets a client in`,
    attack: false,
    run: async (context) => {
      const missing = context.credentials.missing(alternative);
      if (missing !== undefined) throw new SkipProbe(missing);
      const admission = await context.credentials.admit(route, alternative);
      const answer = await context.send(context.requestFor(route, admission), { route, consumer: admission.consumer });
      return judgeReached(await context.judgeReach(answer));
    },
  }));
}

/** Nothing at all, and every alternative with one of its parts missing. */
function withoutCredentials(route: Route): Probe[] {
  if (route.requirement.kind === "public") return [];
  const { alternatives } = route.requirement;
  const methods = route.methods.map((method): Probe => {
    const suffix = route.methods.length > 1 ? `-${method.toLowerCase()}` : "";
    return {
      id: `require.nothing${suffix}@${route.name}`,
      control: controlOf(alternatives),
      title: `${method} ${route.path.text} without any credential is refused`,
      attack: true,
      run: async (context) =>
        judge(EXPECT.unauthenticated, await context.send({ method, target: context.pathOf(route) }), context.settings.exact),
    };
  });
  const parts = alternatives.flatMap((alternative, index) =>
    partsOf(alternative).length < 2 ? [] : partsOf(alternative).map((part) => withoutPart(route, alternative, index, part)),
  );
  return [...methods, ...parts];
}

type Part = "jwt" | "apiKey" | "clientCertificate";

const PART_NAMES: Readonly<Record<Part, string>> = { jwt: "token", apiKey: "API key", clientCertificate: "client certificate" };

const partsOf = (alternative: Alternative): Part[] =>
  (["jwt", "apiKey", "clientCertificate"] as const).filter((part) => alternative[part] !== undefined);

function withoutPart(route: Route, alternative: Alternative, index: number, part: Part): Probe {
  const number = route.requirement.kind === "anyOf" && route.requirement.alternatives.length > 1 ? `-${index + 1}` : "";
  return {
    id: `require.all${number}-without-${part}@${route.name}`,
    control: "require.all",
    title: `${describeAlternative(alternative)}, but without the ${PART_NAMES[part]}, is refused`,
    attack: true,
    run: async (context) => {
      const rest: Alternative = { ...alternative, [part]: undefined };
      const missing = context.credentials.missing(rest);
      if (missing !== undefined) throw new SkipProbe(missing);
      const everywhere = context.model.tls.clientValidation?.mode === "Required";
      if (part === "clientCertificate" && everywhere) throw new SkipProbe("without a client certificate there is no connection at all");
      const admission = await context.credentials.admit(route, rest);
      const answer = await context.send(context.requestFor(route, admission, { method: route.methods[0] ?? "GET" }));
      return judge(EXPECT.unauthenticated, answer, context.settings.exact);
    },
  };
}

/** The control whose absence would let a client without credentials in. */
export function controlOf(alternatives: readonly Alternative[]): ControlId {
  const [first] = alternatives;
  if (first?.jwt) return "require.jwt";
  return first?.apiKey ? "require.apiKey" : "require.clientCertificate";
}

function describeAlternative({ jwt, apiKey, clientCertificate }: Alternative): string {
  const words: string[] = [];
  if (jwt) words.push(`a token of ${jwt.providers.join(" or ")}${jwt.scopes.length > 0 ? ` with ${jwt.scopes.join(" and ")}` : ""}`);
  if (apiKey) words.push(apiKey.plans ? `an API key of plan ${apiKey.plans.join(" or ")}` : "an API key");
  if (clientCertificate) words.push("a client certificate");
  return words.join(" and ").replace(/^a/, "A");
}

/** Paths next to the route's that must not lead to it. Sent with the route's credentials where there are some, so that only the path can be the reason. */
function neighbours(model: GatewayModel, route: Route): Probe[] {
  const path = samplePath(model, route);
  const method = route.methods[0];
  if (path === undefined || method === undefined) return [];
  const cases: readonly (readonly [id: string, title: string, path: string])[] = [
    ["longer", "One segment more", `${path}/more`],
    ["suffix", "The last segment made longer", `${path}-more`],
    ["trailing-slash", "A slash at the end", path.endsWith("/") ? path.slice(0, -1) : `${path}/`],
    ["upper-case", "The path in capitals", path.toUpperCase()],
    ["shorter", "One segment less", path.slice(0, path.replace(/\/$/, "").lastIndexOf("/")) || "/"],
    ["dot", "A dot at the end", `${path}.`],
    ["matrix", "A matrix parameter at the end", `${path};a=b`],
    ["extension", "A file extension at the end", `${path}.json`],
  ];
  const control = matchControl(route);
  return cases.flatMap(([id, title, target]): Probe[] => {
    const verdict = judgePath(model, method, target);
    // Where the other path has a route too, that route's own probes judge it.
    if (verdict.kind !== "unknown" || target === path) return [];
    return [
      {
        id: `path.${id}@${route.name}`,
        control,
        title: `${title} (${target}) is another path and has no route`,
        attack: true,
        run: async (context) => {
          const headers = (await credentialsIfAny(context, route)) ?? [];
          return judge(EXPECT.unknownPath, await context.send({ method, target, headers }), context.settings.exact);
        },
      },
    ];
  });
}

async function credentialsIfAny(context: ProbeContext, route: Route) {
  const alternative = context.credentials.satisfiable(route);
  return alternative && (await context.credentials.admit(route, alternative)).headers;
}

function unknown(): Probe {
  return {
    id: "path.unknown",
    control: "host.only",
    title: "A path nobody declared has no route",
    attack: true,
    run: async (context) => {
      const answer = await context.unknownAnswer();
      return answer ? judge(EXPECT.unknownPath, answer, context.settings.exact) : passed("every path has a route");
    },
  };
}
