import type { Backend, GatewayModel, Route } from "../../../components/spec/model.ts";
import { admits, edgesOf } from "../../addresses.ts";
import { expectedOutcome, type ProbeRequest, valid } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Read, Resources } from "../resources.ts";
import { observeCors } from "./cors.ts";
import { answeredHeaders, forwardedHeaders, HIDDEN, needsToken, REMOVED } from "./expected.ts";
import { observeLimits } from "./limits.ts";
import { APIM } from "./policies.ts";
import type { Run } from "./policy/happening.ts";
import { apimRequest, forwardedFor, hopsOf, passingOf, type RunProbe } from "./requests.ts";
import { observeProblem } from "./shape.ts";

/** What a request that passes becomes, and what becomes of its answer. */
export function observeRoute(run: RunProbe, resources: Resources, model: GatewayModel, route: Route, o: Observations): void {
  const passing = passingOf(model, route);
  const [request] = passing;
  observeAddresses(run, model, route, request, o);
  if (request === undefined) return;
  const base = run(request);
  o.same("request.headers", route.at, "forwarded", base.status ?? "forwarded");
  observeTarget(resources, model, route, request, base, o);
  observeBody(run, request, route, model, o);
  // Who passes without a token may be refused for one that is not valid.
  const isRefused = (one: ProbeRequest) => one.token !== undefined && !valid(model, one.token) && run(one).status === 401;
  for (const holder of holdersOf(model, passing)) {
    if (isRefused(holder)) continue;
    observeForwarded(run, resources, model, route, holder, o);
    observeLimits(run, holder, route, model, o);
  }
  observeAnswer(run, model, route, request, o);
  observeAttempts(run, model, route, request, o);
  observeCors(run, request, model, route, o);
}

/** The route's own lists, at the edges of every block. */
function observeAddresses(run: RunProbe, model: GatewayModel, route: Route, request: ProbeRequest | undefined, o: Observations): void {
  const { allowCidrs, denyCidrs } = route.access;
  if (allowCidrs.length + denyCidrs.length === 0) return;
  const outside = allowCidrs.length === 0 ? [] : ["8.8.4.4", "2001:db8:ffff::1"];
  const segments = route.path.segments.map((one) => ("literal" in one ? one.literal : "a1"));
  const path = `/${[...segments, ...(route.path.kind === "prefix" ? ["deep"] : route.path.trailingSlash ? [""] : [])].join("/")}`;
  const [method = "GET"] = route.methods;
  const asked = request ?? { method, path, token: undefined, consumer: undefined, certificate: undefined, address: "" };
  for (const address of [...denyCidrs.flatMap(edgesOf), ...allowCidrs.flatMap(edgesOf), ...outside]) {
    const open = admits(model.access, address) && admits(route.access, address);
    const { status = "forwarded" } = run({ ...asked, address });
    if (!open && !(status === 401 && model.tls.clientValidation)) o.same("access.route", `${route.at}.access`, 403, status);
    if (open && request) o.same("access.route", `${route.at}.access`, "forwarded", status);
  }
}

/** One request for each provider of tokens, valid and not, and each plan among those that pass. */
const holdersOf = (model: GatewayModel, passing: readonly ProbeRequest[]): ProbeRequest[] => [
  ...new Map(
    passing
      .toReversed()
      .map(
        (request) =>
          [
            JSON.stringify([
              request.token?.provider,
              request.token?.algorithm,
              request.token?.claims.iss,
              request.token?.claims.aud,
              model.consumers[request.consumer ?? ""]?.plan,
            ]),
            request,
          ] as const,
      ),
  ).values(),
];

/** Headers on the way to the backend, every one of them. */
function observeForwarded(
  run: RunProbe,
  resources: Resources,
  model: GatewayModel,
  route: Route,
  request: ProbeRequest,
  o: Observations,
): void {
  const claims = Object.values(model.jwtProviders).flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders));
  const changed = [model.headers.request, route.headers.request].flatMap(({ remove, set }) => [...remove, ...Object.keys(set)]);
  // Front Door writes this one itself, and the service is asked by it.
  const forgeable = REMOVED.filter((name) => model.edge !== "cdn" || name !== "x-forwarded-host");
  const spoofed = Object.fromEntries([...forgeable, ...claims, ...changed].map((name) => [name, "spoofed"]));
  const headers: Record<string, string> = { traceparent: "kept", ...spoofed };
  headers["X-Forwarded-For"] = hopsOf(model) > 0 ? `192.0.2.66, ${forwardedFor(model, request)}` : "192.0.2.66";
  // Front Door passes the name on as the client wrote it.
  if (model.edge === "cdn") headers["X-Forwarded-Host"] = model.hostname.toUpperCase();
  const found = run(request, { headers });
  const sent = { ...apimRequest(resources, model, request).headers, ...headers };
  const verified = needsToken(model, request) || found.headers["x-gateway-subject"] !== undefined;
  const wanted = forwardedHeaders(model, route, request, sent, verified);
  o.same("request.headers", route.at, "forwarded", found.status ?? "forwarded");
  o.sameSet("request.headers", `${route.at}.headers`, Object.entries(wanted), Object.entries(found.headers));
  const has = (name: string) => [wanted[name], found.headers[name]] as const;
  if (model.clientIp.trustedHops > 0) o.same("clientIp.trustedHops", "clientIp.trustedHops", ...has("x-gateway-client-ip"));
  if (model.apiKeys) o.same("require.apiKey", "apiKeys.header", undefined, found.headers[model.apiKeys.header]);
  for (const name of claims) o.same("require.jwt.claimToHeaders", `${route.at}.require`, ...has(name.toLowerCase()));
  for (const name of changed) o.same("route.headers", `${route.at}.headers`, ...has(name.toLowerCase()));
  for (const rules of [model.headers.request, route.headers.request])
    for (const name of Object.keys(rules.add)) o.same("route.headers", `${route.at}.headers`, ...has(name.toLowerCase()));
  const wantsToken = route.requirement.kind === "anyOf" && route.requirement.alternatives.some(({ jwt }) => jwt !== undefined);
  if (!wantsToken || request.token === undefined) return;
  const provider = model.jwtProviders[request.token.provider];
  // A token that nothing on the route needs is not believed, and not passed on.
  const forward = provider?.forward === true && verified;
  o.same(
    provider?.forward ? "require.jwt.forward" : "require.jwt.strip",
    `${route.at}.require`,
    forward,
    found.headers.authorization !== undefined,
  );
  // Its signature counts by the keys in the policy only, and they are compared with the document's.
  if (provider?.keys.kind === "inline") o.same("require.jwt.inlineKeys", `jwt.providers.${provider.name}.jwks`, undefined, found.status);
}

function observeTarget(resources: Resources, model: GatewayModel, route: Route, request: ProbeRequest, found: Run, o: Observations): void {
  const entity = resources.of(`${APIM}Backend`).find(({ inputs }) => inputs.backendId === found.backend);
  const members = poolOf(resources, entity);
  const total = route.backends.reduce((sum, { weight }) => sum + weight, 0);
  const sum = members.reduce((all, { weight }) => all + weight, 0) || 1;
  for (const { name } of route.backends) {
    const backend = model.backends[name];
    if (backend === undefined) continue;
    const url = urlOf(backend);
    const own = members.filter((one) => one.url === url);
    // Backends of one address cannot be told apart by it.
    const alike = route.backends.filter((other) => {
      const its = model.backends[other.name];
      return its !== undefined && urlOf(its) === url;
    });
    o.same(
      "route.weights",
      `${route.at}.backends`,
      Math.round((alike.reduce((sum, { weight }) => sum + weight, 0) / total) * 100),
      Math.round((own.reduce((all, one) => all + one.weight, 0) / sum) * 100),
    );
  }
  const parts = request.path.split("/").slice(1);
  const values = new Map(
    route.path.segments.flatMap((segment, index) => ("parameter" in segment ? [[segment.parameter, parts[index] ?? ""] as const] : [])),
  );
  const { rewrite } = route;
  const path =
    rewrite === undefined
      ? request.path
      : `/${rewrite.segments.map((segment) => ("literal" in segment ? segment.literal : values.get(segment.parameter))).join("/")}${rewrite.kind === "prefix" ? `/${parts.slice(route.path.segments.length).join("/")}` : ""}${rewrite.trailingSlash ? "/" : ""}`;
  o.same(rewrite ? "route.rewrite" : "host.only", `${route.at}.rewrite`, path, found.path);
}

const urlOf = ({ host, port, basePath }: Backend): string => `https://${host}${port === 443 ? "" : `:${port}`}${basePath}`;

function poolOf(resources: Resources, entity: Read | undefined): { url: string; weight: number }[] {
  if (entity === undefined) return [];
  const services = entity.inputs.pool?.services as Json[] | undefined;
  if (services === undefined) return [{ url: entity.inputs.url, weight: 1 }];
  return services.map(({ id, weight = 1 }) => ({ url: resources.behind(id)?.inputs.url ?? "", weight: Number(weight) }));
}

function observeBody(run: RunProbe, request: ProbeRequest, route: Route, model: GatewayModel, o: Observations): void {
  const path = route.bodyBytes === model.limits.bodyBytes ? "limits.body" : `${route.at}.bodyLimit`;
  const sent = (bytes: number) => run(request, { bodyBytes: bytes, headers: { "Content-Length": String(bytes) } });
  const over = sent(route.bodyBytes + 1);
  o.same("request.size", path, 413, over.status);
  observeProblem(model, over, path, o, { route });
  o.same("request.size", path, undefined, sent(route.bodyBytes).status);
  o.same("request.size", path, 411, run(request, { bodyBytes: 5 }).status);
}

/** The backend's answer as the client gets it. */
function observeAnswer(run: RunProbe, model: GatewayModel, route: Route, request: ProbeRequest, o: Observations): void {
  const rules = [model.headers.response, route.headers.response];
  const names = [...HIDDEN, "content-type", "vary", ...rules.flatMap(({ remove, set }) => [...remove, ...Object.keys(set)])];
  const received = Object.fromEntries(names.map((name) => [name.toLowerCase(), "of-the-backend"]));
  const origins = [undefined, "https://evil.example", ...(route.cors?.anyOrigin ? [] : (route.cors?.allowOrigins ?? []))];
  for (const origin of origins) {
    const found = run(request, { happening: { answer: received }, headers: origin === undefined ? {} : { Origin: origin } });
    const wanted = answeredHeaders(model, route, received, origin);
    const there = Object.entries(found.answer).filter(([, value]) => value !== "");
    o.sameSet(origin === undefined ? "request.headers" : "cors", `${route.at}.answer`, Object.entries(wanted), there);
    o.same("tls.hsts", "tls.hsts", wanted["strict-transport-security"], found.answer["strict-transport-security"]);
    for (const name of rules.flatMap(({ add, set, remove }) => [...Object.keys(add), ...Object.keys(set), ...remove]))
      o.same("route.headers", `${route.at}.headers.response`, wanted[name.toLowerCase()], found.answer[name.toLowerCase()]);
  }
}

const IDEMPOTENT = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];

/** What happens where the backend fails: attempts, the time they have together, and the answer at the end. */
function observeAttempts(run: RunProbe, model: GatewayModel, route: Route, request: ProbeRequest, o: Observations): void {
  const { retries, timeoutMs, at } = route;
  const [first] = run(request).attempts;
  o.same("route.timeout", `${at}.timeout`, Math.min(timeoutMs, retries?.perTryTimeoutMs ?? timeoutMs), first);
  for (const [what, status] of [["Timeout", 504] as const, ["BackendConnectionFailure", 502] as const]) {
    const found = run(request, { happening: { backend: [what] } });
    o.same("route.timeout", `${at}.timeout`, status, found.status);
    observeProblem(model, found, `${at} ${what}`, o, { route });
  }
  for (const method of route.methods) {
    const asked = { ...request, method };
    if (expectedOutcome({ ...model, routes: [route] }, asked) !== "forwarded" || (method === "OPTIONS" && route.cors)) continue;
    const may = retries !== undefined && (retries.nonIdempotent || IDEMPOTENT.includes(method));
    for (const [kinds, failure] of [
      [["unavailable", "gatewayError"], 503],
      [["gatewayError"], 502],
      [["gatewayError"], 504],
      [["gatewayError"], "Timeout"],
      [["connectFailure"], "BackendConnectionFailure"],
      [[], 500],
    ] as const) {
      const wanted = may && retries.on.some((one) => (kinds as readonly string[]).includes(one)) ? retries.attempts + 1 : 1;
      const { attempts } = run(asked, { happening: { backend: [failure] } });
      o.same("backend.retries", `${at}.retries`, `${method} ${failure}: ${wanted}`, `${method} ${failure}: ${attempts.length}`);
    }
    const slow = run(asked, { happening: { backend: [503], backendMs: timeoutMs } }).attempts;
    o.same("route.timeout", `${at}.timeout`, 1, slow.length);
    const half = run(asked, { happening: { backend: [503], backendMs: timeoutMs / 2 } }).attempts;
    o.holds(
      "route.timeout",
      `${at}.timeout`,
      "later attempts have what is left",
      half.slice(1).every((ms) => ms <= timeoutMs / 2),
    );
  }
  observeConcurrency(run, model, route, request, o);
}

/** How many requests a backend has at the same time. */
function observeConcurrency(run: RunProbe, model: GatewayModel, route: Route, request: ProbeRequest, o: Observations): void {
  const caps = route.backends.flatMap(({ name }) => model.backends[name]?.circuitBreaker?.maxRequests ?? []);
  const wanted = caps.length === 0 ? undefined : Math.min(...caps);
  const { concurrency, backend } = run(request);
  o.same("backend.circuitBreaker", `${route.at}.backends`, wanted, concurrency?.most);
  if (wanted === undefined) return;
  o.same("backend.circuitBreaker", `${route.at}.backends`, backend, concurrency?.key);
  const full = run(request, { happening: { backend: ["QueueFull"] } });
  o.same("backend.circuitBreaker", `${route.at}.backends`, 503, full.status);
  observeProblem(model, full, `${route.at} full`, o, { route });
}
