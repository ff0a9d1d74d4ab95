import type { Backend, GatewayModel, Method, Route } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Read, Resources } from "../resources.ts";
import { type AwsApi, pathOfRoute } from "./api.ts";

/** What a definition says of each operation beside who may call it: where it leads, how long, what the backend gets to see. */
export function observeOperations(resources: Resources, api: AwsApi, model: GatewayModel, edge: Read | undefined, o: Observations): void {
  for (const route of model.routes) {
    const [, item] = pathOfRoute(api, route) ?? [];
    o.holds(`route.${route.path.kind}`, `${route.at}.path`, "the path is in the definition", item !== undefined);
    for (const method of route.methods) observeOperation(resources, api, model, route, method, item?.[method.toLowerCase()], o);
    observePreflight(model, route, item, api, o);
  }
  observeLogs(resources, model, o);
  if (edge) return;
}

function observeOperation(
  resources: Resources,
  api: AwsApi,
  model: GatewayModel,
  route: Route,
  method: Method,
  operation: Json,
  o: Observations,
): void {
  const integration = operation?.["x-amazon-apigateway-integration"];
  const backend = model.backends[route.backends[0]?.name ?? ""] as Backend;
  o.same(`route.${route.path.kind}`, route.at, ["http_proxy", method], [integration?.type, integration?.httpMethod]);
  o.same("route.timeout", `${route.at}.timeout`, route.timeoutMs, integration?.timeoutInMillis);
  const url = String(integration?.uri ?? "");
  const port = backend.port === 443 ? "" : `:${backend.port}`;
  const wanted = `https://${backend.host}${port}${backend.basePath}${template(route)}`;
  o.same(route.rewrite ? "route.rewrite" : "host.only", `${route.at}.path`, wanted, url.replaceAll(/\{[^}]+\}/g, "{}"));
  const network = backend.network.type;
  o.same(
    network === "public" ? "backend.tls.public" : `backend.${network}`,
    `backends.${backend.name}.network`,
    network === "public" ? "INTERNET" : "VPC_LINK",
    integration?.connectionType,
  );
  const skips = integration?.tlsConfig?.insecureSkipVerification === true;
  o.same(`backend.tls.${backend.tls.trust.kind}`, `backends.${backend.name}.tls`, false, skips && network === "public");
  if (network !== "public")
    o.holds(
      `backend.${network}`,
      `backends.${backend.name}.network`,
      "the link is the stack's own",
      resources.behind(integration?.connectionId)?.type.endsWith(":VpcLink") === true,
    );
  const parameters = (integration?.requestParameters ?? {}) as Record<string, string>;
  const header = (name: string): string | undefined => {
    const found = Object.entries(parameters).find(
      ([key]) => key.toLowerCase() === (api.flavour === "rest" ? `integration.request.header.${name}` : `overwrite:header.${name}`),
    );
    return found?.[1];
  };
  const removed = (name: string) => (api.flavour === "rest" ? header(name) === "''" : `remove:header.${name}` in parameters);
  o.holds("request.headers", "headers", "backends get the request's id", /requestId$/.test(header("x-request-id") ?? ""));
  if (api.flavour === "rest") observeMappings(route, url, parameters, header, o);
  const wantsToken = route.requirement.kind === "anyOf" ? route.requirement.alternatives.flatMap(({ jwt }) => jwt?.providers ?? []) : [];
  if (wantsToken.length > 0) {
    const forward = wantsToken.every((name) => model.jwtProviders[name]?.forward);
    o.same(forward ? "require.jwt.forward" : "require.jwt.strip", `${route.at}.require`, !forward, removed("authorization"));
    o.holds(
      "request.headers",
      "headers",
      "backends get the token's subject and issuer from the authorizer",
      /authorizer/.test(header("x-gateway-subject") ?? "") && /authorizer/.test(header("x-gateway-issuer") ?? ""),
    );
    for (const name of wantsToken)
      for (const claim of Object.keys(model.jwtProviders[name]?.claimToHeaders ?? {}))
        o.holds(
          "require.jwt.claimToHeaders",
          `jwt.providers.${name}.claimToHeaders`,
          `${claim} comes from the authorizer`,
          /authorizer/.test(header(claim) ?? ""),
        );
  }
  if (model.apiKeys && api.flavour === "rest")
    o.holds("require.apiKey", "apiKeys", "backends do not get the key", removed(model.apiKeys.header));
  for (const rules of [model.headers.request, route.headers.request]) {
    for (const [name, value] of Object.entries(rules.set))
      if (!(name in route.headers.request.set) || rules === route.headers.request)
        o.same("route.headers", `${route.at}.headers`, api.flavour === "rest" ? `'${value}'` : value, header(name));
    for (const name of rules.remove) o.holds("route.headers", `${route.at}.headers`, `${name} is removed`, removed(name));
  }
  if (api.flavour === "http") observeAnswers(model, route, integration?.responseParameters, o);
}

/** Changes of an HTTP API's answers stand beside each status there is, or each that backends give. */
function observeAnswers(model: GatewayModel, route: Route, parameters: Json, o: Observations): void {
  const changes = Object.values((parameters ?? {}) as Record<string, Record<string, string>>);
  const [all, own] = [model.headers.response, route.headers.response];
  for (const [name, value] of Object.entries({ ...all.set, ...own.set }))
    o.holds(
      "route.headers",
      `${route.at}.headers`,
      `answers say ${name}: ${value}`,
      changes.length > 0 && changes.every((one) => one[`overwrite:header.${name}`] === value),
    );
  for (const name of [...all.remove, ...own.remove])
    o.holds(
      "route.headers",
      `${route.at}.headers`,
      `answers carry no ${name}`,
      changes.length > 0 && changes.every((one) => `remove:header.${name}` in one),
    );
}

const IDENTITY = ["subject", "issuer", "consumer"] as const;

/** Who a backend is told is calling comes from the authorizer or is taken out; what stands in the path is what was asked for. */
function observeMappings(
  route: Route,
  url: string,
  parameters: Readonly<Record<string, string>>,
  header: (name: string) => string | undefined,
  o: Observations,
): void {
  const shown = route.requirement.kind === "anyOf" ? route.requirement.alternatives : [];
  const needed = {
    subject: shown.some(({ jwt }) => jwt),
    issuer: shown.some(({ jwt }) => jwt),
    consumer: shown.some(({ apiKey }) => apiKey),
  };
  for (const name of IDENTITY) {
    const given = header(`x-gateway-${name}`);
    const wanted = `context.authorizer.${name}`;
    // Where nobody is known by it, the firewall refuses the header before it comes here.
    if (needed[name] || given !== undefined) o.same("request.headers", `${route.at}.require`, wanted, given);
  }
  o.same("request.headers", "headers", "context.requestId", header("x-request-id"));
  for (const [, name = ""] of url.matchAll(/\{([^}]+)\}/g))
    o.same(`route.${route.path.kind}`, `${route.at}.path`, `method.request.path.${name}`, parameters[`integration.request.path.${name}`]);
}

/** The path backends get, parameters without their names. */
function template({ path, rewrite }: Route): string {
  const used = rewrite ?? path;
  const segments = used.segments.map((segment) => ("literal" in segment ? segment.literal : "{}"));
  return `/${[...segments, ...(used.kind === "prefix" ? ["{}"] : [])].join("/")}${used.trailingSlash ? "/" : ""}`;
}

/** A preflight is answered by the definition: for the document's origins, methods and headers only. */
function observePreflight(_model: GatewayModel, { cors, at, methods }: Route, item: Json, api: AwsApi, o: Observations): void {
  const options = item?.options;
  const integration = options?.["x-amazon-apigateway-integration"];
  if (api.flavour === "http") {
    const config = api.body["x-amazon-apigateway-cors"];
    if (cors === undefined) o.same("cors", at, undefined, config);
    else {
      o.sameSet("cors", `${at}.cors.allowOrigins`, cors.anyOrigin ? ["*"] : cors.allowOrigins, config?.allowOrigins ?? []);
      o.sameSet("cors", `${at}.cors.allowMethods`, cors.allowMethods, config?.allowMethods ?? []);
      o.sameSet(
        "cors",
        `${at}.cors.allowHeaders`,
        cors.allowHeaders,
        (config?.allowHeaders ?? []).map((name: string) => name.toLowerCase()),
      );
      o.same("cors", `${at}.cors.allowCredentials`, cors.allowCredentials, config?.allowCredentials ?? false);
    }
    return;
  }
  if (methods.includes("OPTIONS")) return;
  const text = Object.values((integration?.responses?.default?.responseTemplates ?? {}) as Record<string, string>).join();
  const origins =
    /#foreach\(\$allowed in \[([^\]]*)\]\)/
      .exec(text)?.[1]
      ?.match(/"([^"]*)"/g)
      ?.map((one) => one.slice(1, -1)) ?? [];
  const headers = Object.fromEntries(
    [...text.matchAll(/responseOverride\.header\.(access-control-[\w-]+) = "([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  if (cors === undefined) {
    o.holds("cors", `${at}.cors`, "a preflight gets no CORS headers", !text.includes("access-control-allow-origin"));
    return;
  }
  o.same(
    "cors",
    `${at}.cors`,
    ["mock", "204", "[]"],
    [integration?.type, integration?.responses?.default?.statusCode, JSON.stringify(options?.security)],
  );
  if (!cors.anyOrigin) {
    o.sameSet("cors", `${at}.cors.allowOrigins`, cors.allowOrigins, origins);
    o.holds(
      "cors",
      `${at}.cors.allowOrigins`,
      "the origin answered is the one that was compared",
      text.includes("#if($allowed == $origin)#set($known = true)") &&
        text.includes("#if($known)#set($context.responseOverride.header.access-control-allow-origin = $origin)"),
    );
  }
  o.same("cors", `${at}.cors.allowMethods`, cors.allowMethods.join(", "), headers["access-control-allow-methods"]);
  o.same("cors", `${at}.cors.allowHeaders`, cors.allowHeaders.join(", "), headers["access-control-allow-headers"] ?? "");
  o.same("cors", `${at}.cors.allowCredentials`, cors.allowCredentials ? "true" : undefined, headers["access-control-allow-credentials"]);
  o.same("cors", `${at}.cors.maxAge`, String(cors.maxAgeSeconds), headers["access-control-max-age"]);
}

/** What `$context` says that cannot carry a credential. */
const LOGGED =
  /^\$context\.(requestTime|requestId|xrayTraceId|identity\.sourceIp|httpMethod|resourcePath|routeKey|protocol|domainName|tlsVersion|cipherSuite|status|error\.responseType|responseLength|responseLatency|integration\.(status|latency)|wafResponseCode|authorizer\.(status|latency|decision|reason|subject|consumer|claims\.sub|clientIp|l_\w+|log\w*|h_\w+)|identity\.clientCert\.\w+)$/;

function observeLogs(resources: Resources, { observability: { accessLogs } }: GatewayModel, o: Observations): void {
  const stage = (resources.of("aws:apigateway/stage:Stage")[0] ?? resources.of("aws:apigatewayv2/stage:Stage")[0])?.inputs;
  const settings = stage?.accessLogSettings;
  o.same("observe.accessLogs", "observability.accessLogs", accessLogs !== undefined, settings !== undefined);
  for (const { inputs } of resources.of("aws:apigateway/methodSettings:MethodSettings"))
    o.holds(
      "observe.accessLogs",
      "observability.accessLogs",
      "no request or answer is logged whole",
      inputs.settings?.dataTraceEnabled !== true,
    );
  if (accessLogs === undefined || settings === undefined) return;
  const group = resources.behind(settings.destinationArn)?.inputs;
  o.holds(
    "observe.accessLogs",
    "observability.accessLogs.retentionDays",
    "the log is kept as long as the document says, in the steps CloudWatch has",
    Number(group?.retentionInDays) >= accessLogs.retentionDays && Number(group?.retentionInDays) <= accessLogs.retentionDays * 2 + 3,
  );
  const format = JSON.parse(settings.format) as Record<string, string>;
  for (const [name, value] of Object.entries(format))
    o.holds("observe.accessLogs", "observability.accessLogs", `${name} cannot hold a credential (${value})`, LOGGED.test(value));
  for (const name of ["time", "requestId", "clientIp", "method", "status", "host"])
    o.holds("observe.accessLogs", "observability.accessLogs", `${name} is logged`, name in format);
}
