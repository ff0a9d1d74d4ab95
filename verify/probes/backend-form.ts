import type { GatewayModel, Route } from "../../components/spec/model.ts";
import { echoHeader } from "../echo.ts";
import { failed, type Probe, passed, type Verdict } from "../probe.ts";
import { onRoute, overEchoRoutes, view } from "./backend-view.ts";

const FORGED = "gateway-verify-forged";

/** Path, host and headers as backends get them, and declared changes to answers as clients get them. */
export function backendFormProbes(model: GatewayModel): Probe[] {
  const preserved = (route: Route) => route.backends.every(({ name }) => model.backends[name]?.preserveHost);
  return [
    ...[true, false]
      .filter((preserve) => model.routes.some((route) => preserved(route) === preserve))
      .map((preserve) => hostProbe(model, preserve, (route) => preserved(route) === preserve)),
    ...model.routes
      .filter((route) => !route.grpc)
      .flatMap((route) => [...(route.rewrite ? [rewriteProbe(model, route)] : []), ...headerProbes(model, route)]),
  ];
}

function hostProbe(model: GatewayModel, preserve: boolean, applies: (route: Route) => boolean): Probe {
  return overEchoRoutes({
    id: preserve ? "host-preserved" : "host-own",
    control: preserve ? "backend.preserveHost" : "host.only",
    title: preserve ? "The backend receives the public host name" : "The backend receives its own host name",
    attack: false,
    applies,
    judge: ({ route, echo }) => {
      const hosts = route.backends.flatMap(({ name }) => (preserve ? model.hostname : (model.backends[name]?.host ?? [])));
      const host = [...echoHeader(echo, "host"), ...echoHeader(echo, ":authority")].join(", ");
      return hosts.includes(host.replace(/:\d+$/, ""))
        ? passed(`host: ${host}`)
        : failed(`expected host ${hosts.join(" or ")}, got ${host || "none"}`);
    },
  });
}

function rewriteProbe(model: GatewayModel, route: Route): Probe {
  return {
    id: `backend-view.rewrite@${route.name}`,
    control: "route.rewrite",
    title: `The backend receives the path as ${route.rewrite?.text}`,
    attack: false,
    run: async (context) => {
      const path = context.pathOf(route);
      const { echo } = await view(context, route, { target: `${path}?verify=1` });
      const wanted = `${model.backends[route.backends[0]?.name ?? ""]?.basePath ?? ""}${rewritten(route, path)}?verify=1`;
      return echo.target === wanted ? passed(echo.target) : failed(`expected ${wanted}, got ${echo.target}`);
    },
  };
}

/** The path after the route's rewrite: parameters keep their values, a prefix keeps what comes behind it. */
export function rewritten(route: Pick<Route, "path" | "rewrite">, path: string): string {
  const parts = path.split("/").slice(1);
  const values = new Map(
    route.path.segments.flatMap((segment, index): [string, string][] =>
      "parameter" in segment ? [[segment.parameter, parts[index] ?? ""]] : [],
    ),
  );
  const target = route.rewrite ?? route.path;
  const segments = target.segments.map((segment) => ("literal" in segment ? segment.literal : (values.get(segment.parameter) ?? "")));
  const rest = target.kind === "prefix" ? parts.slice(route.path.segments.length) : [];
  return `/${[...segments, ...rest].join("/")}${target.trailingSlash ? "/" : ""}`;
}

/** A route's own changes come after the gateway's, so they win. */
function headerProbes(model: GatewayModel, route: Route): Probe[] {
  const own = route.headers;
  const all = model.headers;
  const set = Object.entries({ ...all.request.set, ...own.request.set });
  const added = [...Object.entries(all.request.add), ...Object.entries(own.request.add)];
  const removed = [...all.request.remove, ...own.request.remove].filter((name) => !set.some(([other]) => other === name));
  return [
    ...set.map(([name, value]) =>
      onRoute(route, {
        id: `set-${name}`,
        control: "route.headers",
        title: `The backend receives ${name} as set, whatever the client sent`,
        attack: false,
        change: { headers: [[name, FORGED]] },
        judge: ({ echo }) => same(name, value, echoHeader(echo, name)),
      }),
    ),
    ...added.map(([name, value]) =>
      onRoute(route, {
        id: `add-${name}`,
        control: "route.headers",
        title: `The backend receives ${name} as added`,
        attack: false,
        judge: ({ echo }) => among(name, value, echoHeader(echo, name)),
      }),
    ),
    ...removed.map((name) =>
      onRoute(route, {
        id: `remove-${name}`,
        control: "route.headers",
        title: `The backend does not receive ${name}`,
        attack: true,
        change: { headers: [[name, FORGED]] },
        judge: ({ echo }) => (echoHeader(echo, name).length > 0 ? failed(`the backend received ${name}`) : passed("absent")),
      }),
    ),
    ...Object.entries({ ...all.response.set, ...own.response.set }).map(([name, value]) =>
      answerProbe(route, `set-${name}`, `Answers carry ${name} as set`, name, (values) => same(name, value, values)),
    ),
    ...[...Object.entries(all.response.add), ...Object.entries(own.response.add)].map(([name, value]) =>
      answerProbe(route, `add-${name}`, `Answers carry ${name} as added`, name, (values) => among(name, value, values)),
    ),
    ...[...all.response.remove, ...own.response.remove].map((name) =>
      answerProbe(route, `remove-${name}`, `Answers do not carry ${name}`, name, (values) =>
        values.length === 0 ? passed("absent") : failed(`got ${name}: ${values.join(", ")}`),
      ),
    ),
  ];
}

const same = (name: string, value: string, values: readonly string[]): Verdict =>
  values.length === 1 && values[0] === value
    ? passed(`${name}: ${value}`)
    : failed(`expected ${name}: ${value}, got ${values.join(", ") || "none"}`);

const among = (name: string, value: string, values: readonly string[]): Verdict =>
  values.join(", ").includes(value)
    ? passed(`${name}: ${values.join(", ")}`)
    : failed(`expected ${name} with ${value}, got ${values.join(", ") || "none"}`);

function answerProbe(route: Route, id: string, title: string, name: string, judge: (values: readonly string[]) => Verdict): Probe {
  return {
    id: `answer.${id}@${route.name}`,
    control: "route.headers",
    title,
    attack: false,
    run: async (context) => {
      const answer = await context.ask(route);
      return judge(answer.headers.flatMap(([key, value]) => (key === name.toLowerCase() ? [value] : [])));
    },
  };
}
