import type { Cors, GatewayModel, Method, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, type Verdict } from "../probe.ts";
import { type Answer, describe, header, headerValues } from "../wire/answer.ts";
import type { Request } from "../wire/client.ts";

const FOREIGN = "https://gateway-verify.example";

/** What browsers of other origins may do, on one route for every set of rules, and on every further route in short. */
export function corsProbes(model: GatewayModel): Probe[] {
  const seen = new Map<string, number>();
  const shared = JSON.stringify(model.routes.find((route) => route.cors)?.cors);
  return model.routes.flatMap((route) => {
    if (route.grpc) return [];
    const rules = JSON.stringify(route.cors);
    const own = rules !== shared;
    const count = seen.get(rules) ?? 0;
    seen.set(rules, count + 1);
    // Several sets of rules are a control of their own: each route must have its own.
    const probes =
      route.cors === undefined
        ? offProbes(route, model).slice(0, count === 0 ? undefined : 1)
        : [...acceptedProbes(route, route.cors), ...refusedProbes(route, route.cors, count === 0)];
    return own && shared !== undefined ? probes.map((made) => ({ ...made, control: "cors.perRoute" as const })) : probes;
  });
}

function probe(route: Route, id: string, title: string, attack: boolean, run: Probe["run"]): Probe {
  return { id: `cors.${id}@${route.name}`, control: "cors", title, attack, run };
}

/** Without rules nobody's pages may read anything. */
function offProbes(route: Route, model: GatewayModel): Probe[] {
  const elsewhere = model.routes.find(({ cors }) => cors?.allowOrigins[0] !== undefined)?.cors?.allowOrigins[0];
  return [
    ...(elsewhere === undefined
      ? []
      : [
          probe(route, "off-elsewhere", "CORS is off: an origin that other routes admit gets no CORS headers", true, async (context) =>
            noCors(await simple(context, route, elsewhere)),
          ),
        ]),
    probe(route, "off-preflight", "CORS is off: a preflight gets no CORS headers", true, async (context) =>
      noCors(await preflight(context, route, { origin: FOREIGN, method: route.methods[0] ?? "GET" })),
    ),
    probe(route, "off-simple", "CORS is off: an answer to another origin gets no CORS headers", true, async (context) =>
      noCors(await simple(context, route, FOREIGN)),
    ),
  ];
}

function acceptedProbes(route: Route, cors: Cors): Probe[] {
  const method = cors.allowMethods.find((candidate) => route.methods.includes(candidate));
  const origin = cors.allowOrigins[0] ?? FOREIGN;
  if (method === undefined) return [];
  return [
    probe(route, "preflight", "A preflight of a declared origin is answered before any credential is asked for", false, async (context) =>
      judgePreflight(
        cors,
        origin,
        method,
        await preflight(context, route, { origin, method, headers: cors.allowHeaders }),
        context.settings.exact,
      ),
    ),
    probe(route, "simple", "An answer to a declared origin may be read by it, and caches keep origins apart", false, async (context) => {
      const answer = await simple(context, route, origin);
      const allowed = header(answer, "access-control-allow-origin");
      const wanted = cors.anyOrigin ? ["*"] : [origin];
      if (!wanted.includes(allowed ?? "")) return failed(`expected access-control-allow-origin ${wanted.join()}, got ${allowed ?? "none"}`);
      const fault = judgeShared(cors, answer);
      if (fault !== undefined) return failed(fault);
      const exposed = list(header(answer, "access-control-expose-headers"));
      const missing = cors.exposeHeaders.find((name) => !exposed.includes(name.toLowerCase()));
      return missing === undefined ? passed(`allow-origin ${allowed}`) : failed(`expected access-control-expose-headers with ${missing}`);
    }),
    ...cors.allowOrigins.slice(1).map((other, index) =>
      probe(route, `origin-${index + 2}`, `${other} is admitted like the first origin`, false, async (context) => {
        const allowed = header(await preflight(context, route, { origin: other, method }), "access-control-allow-origin");
        return allowed === other
          ? passed(`allow-origin ${other}`)
          : failed(`expected access-control-allow-origin ${other}, got ${allowed ?? "none"}`);
      }),
    ),
  ];
}

function refusedProbes(route: Route, cors: Cors, inFull: boolean): Probe[] {
  const [origin = FOREIGN] = cors.allowOrigins;
  const method = cors.allowMethods.find((candidate) => route.methods.includes(candidate)) ?? route.methods[0] ?? "GET";
  const origins = cors.anyOrigin ? [] : lookalikes(origin).filter(([, value]) => !cors.allowOrigins.includes(value));
  const chosen = inFull ? origins : origins.slice(0, 1);
  return [
    ...chosen.flatMap(([id, value, what]) => [
      probe(route, `preflight-${id}`, `A preflight of ${what} gets no CORS headers`, true, async (context) =>
        noCors(await preflight(context, route, { origin: value, method })),
      ),
      probe(route, `simple-${id}`, `An answer to ${what} may not be read by it`, true, async (context) =>
        noCors(await simple(context, route, value)),
      ),
    ]),
    ...otherMethods(route, cors).map((other) =>
      probe(
        route,
        `method-${other.toLowerCase()}`,
        `A preflight for ${other}, which is not declared, does not allow it`,
        true,
        async (context) => {
          const answer = await preflight(context, route, { origin, method: other });
          const allowed = list(header(answer, "access-control-allow-methods"));
          return allowed.includes(other.toLowerCase()) || allowed.includes("*")
            ? failed(`${other} is allowed: access-control-allow-methods ${allowed.join(", ")}`)
            : passed(`status ${answer.status}, allow-methods ${allowed.join(", ") || "none"}`);
        },
      ),
    ),
    probe(route, "header", "A preflight for a header that is not declared does not allow it", true, async (context) => {
      const answer = await preflight(context, route, { origin, method, headers: ["x-gateway-verify"] });
      const allowed = list(header(answer, "access-control-allow-headers"));
      return allowed.includes("x-gateway-verify") || allowed.includes("*")
        ? failed(`x-gateway-verify is allowed: access-control-allow-headers ${allowed.join(", ")}`)
        : passed(`status ${answer.status}, allow-headers ${allowed.join(", ") || "none"}`);
    }),
    ...(route.requirement.kind === "public"
      ? []
      : [
          probe(route, "token-still-needed", "A request of a declared origin still needs what the route asks for", true, async (context) =>
            judge(
              EXPECT.unauthenticated,
              await context.send({ method, target: context.pathOf(route), headers: [["Origin", origin]] }),
              context.settings.exact,
            ),
          ),
        ]),
  ];
}

/** Methods a page could ask for that the rules leave out. */
function otherMethods(route: Route, cors: Cors): Method[] {
  const others = (["GET", "POST", "PUT", "PATCH", "DELETE"] as const).filter((method) => !cors.allowMethods.includes(method));
  return route.methods.length > 0 ? others : [];
}

function lookalikes(origin: string): (readonly [id: string, origin: string, what: string])[] {
  const [scheme = "https", rest = ""] = origin.split("://");
  const [host = "", port] = rest.split(":");
  return [
    ["foreign", FOREIGN, "another origin"],
    ["null", "null", "the origin null"],
    ["prefix", `${scheme}://not-${rest}`, "an origin that ends like ours"],
    ["dotless", `${scheme}://x${rest}`, "an origin that ends like ours without a dot"],
    ["suffix", `${scheme}://${host}.gateway-verify.example`, "an origin that starts like ours"],
    ["subdomain", `${scheme}://below.${rest}`, "an origin below ours"],
    ["parent", `${scheme}://${host.split(".").slice(1).join(".") || "gateway-verify.example"}`, "the origin above ours"],
    ["scheme", `${scheme === "https" ? "http" : "https"}://${rest}`, "our origin under another scheme"],
    ["port", `${scheme}://${host}:${port === "8443" ? "8444" : "8443"}`, "our origin on another port"],
    ["upper-case", origin.toUpperCase(), "our origin in capitals"],
    ["dot-as-any", origin.replace(/\.(?=[^.]*$)/, "x"), "our origin with a letter for a dot"],
    ["userinfo", `${scheme}://${host}@gateway-verify.example`, "an origin with ours as user information"],
    ["list", `${origin} ${FOREIGN}`, "our origin in a list with another"],
    ["trailing-slash", `${origin}/`, "our origin with a slash behind it"],
    ["underscore", `${scheme}://${host}_.gateway-verify.example`, "an origin that goes on with an underscore"],
  ];
}

interface Preflight {
  readonly origin: string;
  readonly method: string;
  readonly headers?: readonly string[];
}

function preflight(context: ProbeContext, route: Route, { origin, method, headers = [] }: Preflight): Promise<Answer> {
  const request: Request = {
    method: "OPTIONS",
    target: context.pathOf(route),
    headers: [
      ["Origin", origin],
      ["Access-Control-Request-Method", method],
      ...(headers.length > 0 ? [["Access-Control-Request-Headers", headers.join(",")] as const] : []),
    ],
  };
  return context.send(request);
}

/** An ordinary request of a page; without credentials, since refusals carry CORS headers like everything else. */
async function simple(context: ProbeContext, route: Route, origin: string): Promise<Answer> {
  return context.send({
    method: route.requirement.kind === "public" ? context.methodOf(route) : (route.methods[0] ?? "GET"),
    target: context.pathOf(route),
    headers: [["Origin", origin]],
  });
}

const list = (value: string | undefined) =>
  (value ?? "")
    .split(",")
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== "");

const CORS_HEADERS = /^access-control-allow-(origin|credentials|methods|headers)$/;

function noCors(answer: Answer): Verdict {
  const found = answer.headers.find(([name]) => CORS_HEADERS.test(name));
  return found ? failed(`expected no CORS headers, got ${found[0]}: ${found[1]}`) : passed(`status ${answer.status} without CORS headers`);
}

/** What preflights and ordinary answers have in common. */
function judgeShared(cors: Cors, answer: Answer): string | undefined {
  if (headerValues(answer, "access-control-allow-origin").length > 1) return "access-control-allow-origin stands there twice";
  const credentials = header(answer, "access-control-allow-credentials");
  if (cors.allowCredentials !== (credentials === "true"))
    return `expected access-control-allow-credentials ${cors.allowCredentials ? "true" : "absent"}, got ${credentials ?? "none"}`;
  if (!cors.anyOrigin && !list(header(answer, "vary")).some((name) => name === "origin" || name === "*"))
    return "expected vary with origin";
  return undefined;
}

function judgePreflight(cors: Cors, origin: string, method: string, answer: Answer, exact: boolean): Verdict {
  if (answer.status !== 204 && (exact || answer.status !== 200)) return failed(`expected status 204, got ${describe(answer)}`);
  const allowed = header(answer, "access-control-allow-origin");
  if (allowed !== (cors.anyOrigin ? "*" : origin))
    return failed(`expected access-control-allow-origin ${origin}, got ${allowed ?? "none"}`);
  const methods = list(header(answer, "access-control-allow-methods"));
  if (!methods.includes(method.toLowerCase()))
    return failed(`expected access-control-allow-methods with ${method}, got ${methods.join(", ") || "none"}`);
  const headers = list(header(answer, "access-control-allow-headers"));
  const missing = cors.allowHeaders.find((name) => !headers.includes(name.toLowerCase()));
  if (missing !== undefined) return failed(`expected access-control-allow-headers with ${missing}, got ${headers.join(", ") || "none"}`);
  const maxAge = header(answer, "access-control-max-age");
  if (maxAge !== String(cors.maxAgeSeconds))
    return failed(`expected access-control-max-age ${cors.maxAgeSeconds}, got ${maxAge ?? "none"}`);
  const fault = judgeShared(cors, answer);
  return fault === undefined ? passed(`status ${answer.status}, allow-origin ${allowed}`) : failed(fault);
}
