import type { GatewayModel, Route } from "../../../components/spec/model.ts";
import type { OpenPlan } from "../../open-plan.ts";
import { expectedOutcome, type ProbeRequest, probesOf } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { type Read, Resources } from "../resources.ts";
import { observePlatform } from "./platform.ts";
import { type ApimRequest, type Node, type Policies, parsePolicy, type Run, runInbound } from "./policy.ts";

/** Reads an Azure gateway back from its plan: the policies by running them, the service, backends, keys, Front Door. */
export function readAzure(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const resources = new Resources(plan);
  const policies = openPolicies(resources, model);
  const run: RunProbe = (request, { bare = false, headers = {}, ...changes } = {}) => {
    const made = apimRequest(resources, model, request);
    return runInbound(policies, { ...made, ...changes, headers: { ...(bare ? {} : made.headers), ...headers } });
  };
  for (const { control, path, what, request, expected } of probesOf(model)) {
    const found = run(request).status ?? "forwarded";
    o.request(control, path, expected, found, what);
  }
  observeShape(run, model, o);
  for (const route of model.routes) observeRoute(run, resources, model, route, o);
  observeAnswers(policies, model, o);
  observePlatform(resources, model, o);
}

function openPolicies(resources: Resources, model: GatewayModel): Policies {
  const named = namedValues(resources);
  const text = (value: unknown) => String(value).replaceAll(/\{\{([\w-]+)\}\}/g, (whole, name: string) => named[name] ?? whole);
  const api = parsePolicy(text(resources.of("azure-native:apimanagement:ApiPolicy")[0]?.inputs.value));
  const fragments = Object.fromEntries(
    resources.of("azure-native:apimanagement:PolicyFragment").flatMap(({ name, inputs }) => {
      const node = parsePolicy(text(inputs.value));
      return node ? [[["$", `{${name}.name}`].join(""), node] as const] : [];
    }),
  );
  if (api === undefined) throw new Error("the API has no policy");
  return { api, fragments, signerOf: (node) => signerOf(resources, model, node) };
}

/** Named values of the service, those in the key vault by the secret they lead to. */
function namedValues(resources: Resources): Record<string, string> {
  return Object.fromEntries(
    resources.of("azure-native:apimanagement:NamedValue").map(({ inputs }) => {
      const secret = /\/secrets\/([\w-]+)$/.exec(String(inputs.keyVault?.secretIdentifier))?.[1];
      const kept = resources.of("azure-native:keyvault:Secret").find((one) => one.inputs.secretName === secret)?.inputs.properties?.value;
      return [inputs.displayName, secret === undefined ? inputs.value : kept] as const;
    }),
  );
}

/** What Front Door writes into every request: its id, and the stack's secret. */
function stamp(resources: Resources): Record<string, string> {
  const rules = resources.of("azure-native:cdn:Rule").flatMap(({ inputs }) => (inputs.actions ?? []) as Json[]);
  const set = rules
    .filter(({ name }) => name === "ModifyRequestHeader")
    .map(({ parameters }) => [parameters.headerName, parameters.value] as const);
  return { "X-Azure-FDID": frontDoorId(resources), ...Object.fromEntries(set) };
}

/** Whose keys a validate-jwt uses: those of an openid configuration, or keys in the document. */
function signerOf(_resources: Resources, model: GatewayModel, node: Node): string | undefined {
  const url = node.children.find(({ name }) => name === "openid-config")?.attributes.url;
  if (url !== undefined) {
    const configured = Object.entries(model.azure.openIdConfigurations ?? {}).find(([, one]) => one === url)?.[0];
    return configured ?? Object.values(model.jwtProviders).find(({ issuer }) => url === `${issuer}/.well-known/openid-configuration`)?.name;
  }
  const keys = node.children.find(({ name }) => name === "issuer-signing-keys")?.children ?? [];
  return Object.values(model.jwtProviders).find(({ keys: declared }) => {
    if (declared.kind !== "inline") return false;
    const own = (JSON.parse(declared.jwks) as Json).keys as Json[];
    return (
      keys.length === own.length && own.every((one) => keys.some(({ attributes }) => attributes.n === one.n && attributes.e === one.e))
    );
  })?.name;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const hopsOf = (model: GatewayModel): number => model.clientIp.trustedHops + (model.edge === "cdn" ? 1 : 0);

/** What the proxies in front have written when the request arrives. */
const forwardedFor = (model: GatewayModel, { address }: ProbeRequest): string =>
  [address, ...Array.from({ length: hopsOf(model) - 1 }, () => "10.0.0.1")].join(", ");

function apimRequest(resources: Resources, model: GatewayModel, request: ProbeRequest): ApimRequest {
  const { token, consumer } = request;
  const text = token && `${base64({ alg: token.algorithm })}.${base64(token.claims)}.${Buffer.from(token.provider).toString("base64url")}`;
  const known =
    consumer === undefined
      ? undefined
      : resources.of("azure-native:apimanagement:Subscription").find(({ name }) => name.endsWith(`-consumer-${consumer}`));
  const hops = hopsOf(model);
  return {
    method: request.method,
    path: request.path,
    host: model.edge === "cdn" ? "service.azure-api.net" : model.hostname,
    address: hops === 0 ? request.address : "147.243.0.1",
    headers: {
      ...(text ? { Authorization: `Bearer ${text}` } : {}),
      ...(consumer !== undefined && model.apiKeys ? { [model.apiKeys.header]: "key" } : {}),
      ...(hops === 0 ? {} : { "X-Forwarded-For": forwardedFor(model, request) }),
      ...(model.edge === "cdn" ? { ...stamp(resources), "X-Forwarded-Host": model.hostname } : {}),
    },
    subscription: known?.inputs.sid,
    certificate: request.certificate,
    ...(model.tls.clientValidation?.certificateHashes[0] === undefined
      ? {}
      : { certificateHash: model.tls.clientValidation.certificateHashes[0] }),
    ...(token && text ? { token: { provider: token.provider, text, claims: token.claims } } : {}),
  };
}

function frontDoorId(resources: Resources): string {
  const profile = resources.of("azure-native:cdn:Profile")[0]?.name;
  return ["$", `{${profile}.frontDoorId}`].join("");
}

/** Runs the policies over a request; headers come on top of those the request has anyway, or stand alone where it is bare. */
type RunProbe = (request: ProbeRequest, changes?: Partial<ApimRequest> & { readonly bare?: boolean }) => Run;

const AMBIGUOUS = ["/a%2fb", "/a%5cb", "/a%00b", "/a/../b", "/a/./b", "/a//b", "/a\\b", "/a%2e%2e/b", "/a..;/b", "/a%252fb", "/a%zz"];

function welcomeRequest(model: GatewayModel): ProbeRequest {
  const probe = probesOf(model).find(({ expected }) => expected === "forwarded");
  const { address = "192.0.2.200" } = probe?.request ?? {};
  return { method: "GET", path: "/", token: undefined, consumer: undefined, certificate: probe?.request.certificate, address };
}

/** What is refused before any route is looked at. */
function observeShape(run: RunProbe, model: GatewayModel, o: Observations): void {
  const base = welcomeRequest(model);
  for (const path of AMBIGUOUS)
    o.same(
      "request.path",
      "routes",
      "400",
      `${run({ ...base, path }).status === 400 || run({ ...base, path }).status === 404 ? "400" : run({ ...base, path }).status}`,
    );
  o.holds("request.path", "routes", "an escaped slash is refused for its form", run({ ...base, path: "/a%2fb" }).status === 400);
  for (const host of ["evil.example", "shop.azure-api.net"])
    o.same("host.only", "hostname", 421, run(base, model.edge === "cdn" ? { headers: { "X-Forwarded-Host": host } } : { host }).status);
  const { urlBytes, headerBytes } = model.limits;
  o.same("request.size", "limits.url", 414, run({ ...base, path: `/${"u".repeat(urlBytes)}` }).status);
  o.same("request.size", "limits.url", 414, run({ ...base, path: "/u" }, { query: `?${"q".repeat(urlBytes)}` }).status);
  const own = run(base).variables;
  o.holds("request.path", "routes", "the path looked at is the one that was sent", own.size > 0);
  o.same("request.size", "limits.headers", 431, run(base, { headers: { "x-large": "h".repeat(headerBytes + 1) } }).status);
  o.same("request.headers", "headers", 400, run(base, { headers: { a_b: "x" } }).status);
  o.same("request.framing", "routes", 400, run(base, { headers: { "Transfer-Encoding": "chunked", "Content-Length": "3" } }).status);
  o.same("request.framing", "routes", 400, run(base, { headers: { "Content-Length": "3,4" } }).status);
  for (const block of model.access.denyCidrs.filter((one) => one.includes(":"))) {
    const [address = ""] = block.split("/");
    o.same("access.deny", "access.denyCidrs", 403, run({ ...base, address }).status);
  }
  const plain = run(base, { scheme: "http" });
  if (model.http === "redirect" && model.edge === "none")
    o.same("http.redirect", "http", [308, `https://${model.hostname}/`], [plain.status, plain.headers.location]);
  else o.holds("http.refuse", "http", "plain HTTP is never served", plain.status !== undefined && plain.status >= 300);
  if (model.http === "redirect")
    o.holds(
      "http.redirect",
      "http",
      "credentials sent in the open are refused",
      run(base, { scheme: "http", headers: { Authorization: "Bearer x" } }).status === 403 || model.edge === "cdn",
    );
  if (model.edge === "cdn")
    o.holds(
      "edge",
      "edge",
      "requests that did not come through this Front Door are refused",
      (run(base, { bare: true }).status ?? 0) >= 400 && (run(base, { headers: { "X-Azure-FDID": "another" } }).status ?? 0) >= 400,
    );
  o.holds(
    "errors.problem",
    "",
    "refusals are problems",
    run({ ...base, path: "/a%2fb" }).headers["content-type"] === "application/problem+json",
  );
}

const SPOOFED = [
  "forwarded",
  "x-forwarded-host",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-original-url",
  "x-rewrite-url",
  "x-http-method-override",
  "client-cert",
  "proxy-authorization",
  "x-gateway-subject",
  "x-gateway-issuer",
  "x-gateway-consumer",
  "x-gateway-client-cert",
  "x-gateway-client-ip",
  "ocp-apim-subscription-key",
  "x-arr-clientcert",
];

/** What a request that passes becomes: target, path, headers, time, limits. */
function observeRoute(run: RunProbe, resources: Resources, model: GatewayModel, route: Route, o: Observations): void {
  const passing = probesOf(model)
    .filter(
      ({ expected, request }) =>
        expected === "forwarded" &&
        route.methods.includes(request.method) &&
        expectedOutcome({ ...model, routes: [route] }, request) === "forwarded",
    )
    .map(({ request }) => request);
  const [request] = passing;
  if (request === undefined) return;
  const { at } = route;
  const spoofed = Object.fromEntries(SPOOFED.map((name) => [name, "spoofed"]));
  const base = run(request);
  const found = run(request, { headers: spoofed });
  o.same("request.headers", at, base.status, found.status);
  for (const name of SPOOFED)
    o.holds(
      "request.headers",
      "headers",
      `${name} of clients is removed`,
      !Object.entries(found.headers).some(([key, value]) => key.toLowerCase() === name && value.includes("spoofed")),
    );
  for (const { name, claimToHeaders } of Object.values(model.jwtProviders))
    for (const [header, claim] of Object.entries(claimToHeaders)) {
      const forged = run(request, { headers: { [header]: "forged" } });
      o.holds(
        "require.jwt.claimToHeaders",
        `jwt.providers.${name}.claimToHeaders`,
        `${header} of clients is removed`,
        forged.headers[header] !== "forged" && forged.headers[header]?.includes("forged") !== true,
      );
      if (request.token?.provider === name && claim === "sub")
        o.same("require.jwt.claimToHeaders", `jwt.providers.${name}.claimToHeaders`, "somebody", found.headers[header]);
    }
  const used = request.token !== undefined && base.variables.get("verified") !== "";
  if (used)
    o.same(
      "request.headers",
      at,
      ["somebody", request.token?.claims.iss],
      [found.headers["x-gateway-subject"], found.headers["x-gateway-issuer"]],
    );
  o.holds(
    "request.headers",
    at,
    "backends get the request's id and the client's address",
    found.headers["x-request-id"] === "request-id" && found.headers["x-gateway-client-ip"] === request.address,
  );
  if (model.clientIp.trustedHops > 0)
    o.same(
      "clientIp.trustedHops",
      "clientIp.trustedHops",
      request.address,
      run(request, { headers: { "X-Forwarded-For": `192.0.2.66, ${forwardedFor(model, request)}` } }).headers["x-gateway-client-ip"],
    );
  if (model.apiKeys)
    o.holds(
      "require.apiKey",
      "apiKeys.header",
      "backends do not get the key",
      !Object.keys(found.headers).some((name) => name.toLowerCase() === model.apiKeys?.header),
    );
  for (const rules of [model.headers, route.headers]) {
    for (const [name, value] of Object.entries(rules.request.set))
      if (rules === route.headers || !(name in route.headers.request.set))
        o.same("route.headers", `${at}.headers`, value, found.headers[name]);
    for (const [name, value] of Object.entries(rules.request.add))
      o.holds("route.headers", `${at}.headers`, `${name}: ${value} is added`, String(found.headers[name]).split(",").includes(value));
    for (const name of rules.request.remove)
      o.holds(
        "route.headers",
        `${at}.headers`,
        `${name} is removed`,
        run(request, { headers: { [name]: "x" } }).headers[name] === undefined,
      );
  }
  observeTarget(resources, model, route, request, found, o);
  observeBody(run, request, route, model, o);
  for (const holder of holdersOf(model, passing)) observeHolder(run, model, route, holder, o);
  observePreflight(run, request, route, o);
}

/** One request for each provider of tokens and each plan among those that pass. */
const holdersOf = (model: GatewayModel, passing: readonly ProbeRequest[]): ProbeRequest[] => [
  ...new Map(
    passing.map((request) => [`${request.token?.provider} ${model.consumers[request.consumer ?? ""]?.plan}`, request] as const),
  ).values(),
];

/** What depends on who asks: whether the token goes on, and how often. */
function observeHolder(run: RunProbe, model: GatewayModel, route: Route, request: ProbeRequest, o: Observations): void {
  const found = run(request);
  const { requirement, at } = route;
  const wanted = requirement.kind === "anyOf" && requirement.alternatives.some(({ jwt }) => jwt !== undefined);
  if (wanted && request.token !== undefined) {
    const forward = model.jwtProviders[request.token.provider]?.forward === true;
    const kept = Object.keys(found.headers).some((name) => name.toLowerCase() === "authorization");
    o.same(forward ? "require.jwt.forward" : "require.jwt.strip", `${at}.require`, forward, kept);
    // Its signature counts by the keys in the policy only, and they are compared with the document's.
    if (model.jwtProviders[request.token.provider]?.keys.kind === "inline")
      o.same("require.jwt.inlineKeys", `jwt.providers.${request.token.provider}.jwks`, undefined, found.status);
  }
  observeLimits(found, request, route, model, o);
}

function observeTarget(resources: Resources, model: GatewayModel, route: Route, request: ProbeRequest, found: Run, o: Observations): void {
  const entity = resources.of("azure-native:apimanagement:Backend").find(({ inputs }) => inputs.backendId === found.backend);
  const members = poolOf(resources, entity);
  const total = route.backends.reduce((sum, { weight }) => sum + weight, 0);
  const sum = members.reduce((all, { weight }) => all + weight, 0) || 1;
  for (const { name, weight } of route.backends) {
    const backend = model.backends[name];
    if (backend === undefined) continue;
    const url = `https://${backend.host}${backend.port === 443 ? "" : `:${backend.port}`}${backend.basePath}`;
    const own = members.filter((one) => one.url === url);
    o.same(
      "route.weights",
      `${route.at}.backends`,
      Math.round((weight / total) * 100),
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
  o.same("route.timeout", `${route.at}.timeout`, route.timeoutMs, found.timeoutMs);
}

function poolOf(resources: Resources, entity: Read | undefined): { url: string; weight: number }[] {
  if (entity === undefined) return [];
  const services = entity.inputs.pool?.services as Json[] | undefined;
  if (services === undefined) return [{ url: entity.inputs.url, weight: 1 }];
  return services.map(({ id, weight = 1 }) => ({ url: resources.behind(id)?.inputs.url ?? "", weight: Number(weight) }));
}

function observeBody(run: RunProbe, request: ProbeRequest, route: Route, model: GatewayModel, o: Observations): void {
  const path = route.bodyBytes === model.limits.bodyBytes ? "limits.body" : `${route.at}.bodyLimit`;
  const status = (bytes: number) => run(request, { bodyBytes: bytes, headers: { "Content-Length": String(bytes) } }).status;
  o.same("request.size", path, 413, status(route.bodyBytes + 1));
  o.holds("request.size", path, `${route.bodyBytes} bytes pass`, status(route.bodyBytes) === undefined);
  o.same("request.size", path, 411, run(request, { bodyBytes: 5 }).status);
}

const KINDS = {
  gateway: "limit.route",
  clientIp: "limit.routeClientIp",
  consumer: "limit.routeConsumer",
  jwtClaim: "limit.routeClaim",
  header: "limit.routeHeader",
} as const;

/** Limits a request meets: at least as strict as the document's, counted apart by the right thing. */
function observeLimits(found: Run, request: ProbeRequest, route: Route, model: GatewayModel, o: Observations): void {
  const held = (requests: number, periodMs: number, burst: number, key: (text: string) => boolean): boolean =>
    found.limits.some(
      ({ element, calls, seconds, key: text }) =>
        element === "rate-limit-by-key" &&
        key(text) &&
        calls <= burst + (requests * seconds * 1000) / periodMs &&
        calls / seconds <= Math.max(burst, (requests * seconds * 1000) / periodMs) + 1,
    );
  for (const limit of route.rateLimits)
    o.holds(
      KINDS[limit.key.kind],
      limit.path,
      `${limit.requests} per ${limit.per}, burst ${limit.burst}`,
      held(limit.requests, limit.periodMs, limit.burst, (text) => text.startsWith(`route/${route.name}/`)),
    );
  for (const limit of model.rateLimits)
    o.holds(
      limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp",
      limit.path,
      `${limit.requests} per ${limit.per}, burst ${limit.burst}`,
      held(
        limit.requests,
        limit.periodMs,
        limit.burst,
        (text) =>
          text.startsWith("gateway/") && (limit.key.kind === "gateway" ? text.split("/").length === 2 : text.split("/").length === 3),
      ),
    );
  const plan = request.consumer === undefined ? undefined : model.consumers[request.consumer]?.plan;
  const usesKey = route.requirement.kind === "anyOf" && route.requirement.alternatives.some(({ apiKey }) => apiKey);
  const { rateLimit, quota } = (plan === undefined || !usesKey ? undefined : model.plans[plan]) ?? {};
  if (rateLimit)
    o.holds(
      "plan.rateLimit",
      `plans.${plan}.rateLimit`,
      `${rateLimit.requests} per ${rateLimit.per}`,
      held(rateLimit.requests, rateLimit.periodMs, rateLimit.burst, (text) => text.includes(request.consumer ?? "?")),
    );
  if (quota)
    o.holds(
      "plan.quota",
      `plans.${plan}.quota`,
      `${quota.requests} per ${quota.per}`,
      found.limits.some(
        ({ element, calls, key }) => element === "quota-by-key" && calls === quota.requests && key.includes(request.consumer ?? "?"),
      ),
    );
}

function observePreflight(run: RunProbe, request: ProbeRequest, { cors, at, methods }: Route, o: Observations): void {
  if (methods.includes("OPTIONS")) return;
  const ask = (origin: string, method: string, headers?: string) =>
    run(
      { ...request, method: "OPTIONS", token: undefined, consumer: undefined },
      {
        headers: {
          Origin: origin,
          "Access-Control-Request-Method": method,
          ...(headers ? { "Access-Control-Request-Headers": headers } : {}),
        },
      },
    );
  const foreign = ask("https://evil.example", methods[0] ?? "GET");
  if (!cors?.anyOrigin)
    o.holds("cors", `${at}.cors`, "another origin gets no CORS header", foreign.headers["access-control-allow-origin"] === undefined);
  if (cors === undefined) return;
  for (const origin of cors.anyOrigin ? ["https://anywhere.example"] : cors.allowOrigins)
    for (const method of cors.allowMethods.filter((one) => methods.includes(one))) {
      const answer = ask(origin, method, cors.allowHeaders.join(", ") || undefined);
      o.same(
        "cors",
        `${at}.cors.allowOrigins`,
        [204, cors.anyOrigin ? "*" : origin],
        [answer.status, answer.headers["access-control-allow-origin"]],
      );
      o.same(
        "cors",
        `${at}.cors.allowCredentials`,
        cors.allowCredentials ? "true" : undefined,
        answer.headers["access-control-allow-credentials"],
      );
      o.same("cors", `${at}.cors.maxAge`, String(cors.maxAgeSeconds), answer.headers["access-control-max-age"]);
      o.holds("cors", `${at}.cors.allowHeaders`, "another header is not allowed", ask(origin, method, "x-not-allowed").status !== 204);
    }
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
    if (!(cors.allowMethods as string[]).includes(method))
      o.holds(
        "cors",
        `${at}.cors.allowMethods`,
        `${method} is not allowed`,
        ask(cors.allowOrigins[0] ?? "https://anywhere.example", method).status !== 204,
      );
}

/** Headers of answers and of refusals. */
function observeAnswers({ api, fragments }: Policies, model: GatewayModel, o: Observations): void {
  const { maxAgeSeconds, includeSubdomains, preload } = model.tls.hsts;
  const hsts = `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
  for (const suffix of ["-answer", "-problem"]) {
    const fragment = Object.entries(fragments).find(([name]) => name.includes(suffix))?.[1];
    const all = everything(fragment);
    const header = (name: string) => all.find((node) => node.name === "set-header" && node.attributes.name === name);
    o.same(
      "tls.hsts",
      "tls.hsts",
      [hsts, "override"],
      [header("strict-transport-security")?.children[0]?.text.trim(), header("strict-transport-security")?.attributes["exists-action"]],
    );
    if (suffix === "-answer")
      for (const name of ["server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials"])
        o.same(name.startsWith("access") ? "cors" : "request.headers", "headers", "delete", header(name)?.attributes["exists-action"]);
    else o.same("errors.problem", "", "application/problem+json", header("content-type")?.children[0]?.text.trim());
  }
  const outbound = everything(api.children.find(({ name }) => name === "outbound"));
  o.holds(
    "tls.hsts",
    "tls.hsts",
    "every answer passes the fragment of answers",
    outbound.some(({ name, attributes }) => name === "include-fragment" && attributes["fragment-id"]?.includes("-answer")),
  );
  const failed = everything(api.children.find(({ name }) => name === "on-error"));
  o.holds(
    "errors.problem",
    "",
    "every failure is answered as a problem",
    failed.some(({ name, attributes }) => name === "include-fragment" && attributes["fragment-id"]?.includes("-problem")),
  );
  const forward = everything(api.children.find(({ name }) => name === "backend")).find(({ name }) => name === "forward-request");
  o.same(
    "request.headers",
    "backends",
    ["false", "false"],
    [forward?.attributes["follow-redirects"], forward?.attributes["fail-on-error-status-code"]],
  );
  const answers = outbound.filter(({ name }) => name === "set-header");
  for (const route of model.routes) {
    const at = `${route.at}.headers.response`;
    const says = (name: string, value: string, how: RegExp) =>
      answers.some(
        ({ attributes, children }) =>
          attributes.name === name && how.test(attributes["exists-action"] ?? "") && children.some(({ text }) => text.includes(value)),
      );
    for (const [name, value] of Object.entries({ ...model.headers.response.set, ...route.headers.response.set }))
      o.holds("route.headers", at, `${name} is set`, says(name, JSON.stringify(value), /^override$/));
    for (const rules of [model.headers.response, route.headers.response]) {
      for (const [name, value] of Object.entries(rules.add))
        o.holds("route.headers", at, `${name} is added`, says(name, value, /^append$/));
      for (const name of rules.remove)
        o.holds(
          "route.headers",
          at,
          `${name} is removed`,
          answers.some(({ attributes }) => attributes.name === name && attributes["exists-action"] === "delete"),
        );
    }
  }
  for (const node of everything(api).filter(({ name }) => name === "validate-jwt")) {
    o.same("require.jwt", "jwt", ["true", "true"], [node.attributes["require-expiration-time"], node.attributes["require-signed-tokens"]]);
    const skews = Object.values(model.jwtProviders).map(({ clockSkewSeconds }) => clockSkewSeconds);
    o.holds("require.jwt", "jwt", "tolerance as the document says", skews.includes(Number(node.attributes["clock-skew"])));
  }
}

const everything = (node: Node | undefined): Node[] => (node === undefined ? [] : [node, ...node.children.flatMap(everything)]);
