import type { ControlId } from "../components/backends/controls.ts";
import type { Alternative, GatewayModel, Method, Route } from "../components/spec/model.ts";
import { admits, admitted, edgesOf, STRANGERS } from "./addresses.ts";
import type { Outcome } from "./verdicts.ts";

/** A token as a gateway sees it once its signature is verified. */
export interface ProbeToken {
  /** Whose key signed it. */
  readonly provider: string;
  readonly algorithm: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A request to a gateway, with credentials in the abstract: who made it and what it shows. */
export interface ProbeRequest {
  readonly method: Method;
  /** Path without a query. */
  readonly path: string;
  readonly token: ProbeToken | undefined;
  /** Whose API key. */
  readonly consumer: string | undefined;
  /** Subject alternative names of the client certificate, which an accepted authority signed. */
  readonly certificate: readonly string[] | undefined;
  /** The client's address, IPv4 or IPv6. */
  readonly address: string;
}

/** A request, what semantics.md says becomes of it, and which promise that keeps. */
export interface Probe {
  readonly control: ControlId;
  readonly path: string;
  readonly what: string;
  readonly request: ProbeRequest;
  readonly expected: Outcome;
}

/** The requests that tell whether a definition asks on every route for what the document says. */
export function probesOf(model: GatewayModel): Probe[] {
  return model.routes.flatMap((route) => probesOfRoute(model, route));
}

/** What the document says about a request, by docs/semantics.md: address, route, method, requirement. */
export function expectedOutcome(model: GatewayModel, request: ProbeRequest): Outcome {
  if (!admits(model.access, request.address)) return 403;
  const here = routesAt(model, request.path);
  if (here.length === 0) return 404;
  const route = here.find((one) => one.methods.includes(request.method));
  if (route === undefined) return 405;
  if (!admits(route.access, request.address)) return 403;
  if (route.requirement.kind === "public") return "forwarded";
  const { alternatives } = route.requirement;
  if (alternatives.some((one) => satisfied(model, one, request, true))) return "forwarded";
  return alternatives.some((one) => satisfied(model, one, request, false)) ? 403 : 401;
}

/** The routes of the most specific path that a request fits; none when nothing is there. */
export function routesAt({ routes }: Pick<GatewayModel, "routes">, path: string): Route[] {
  const here = routes.filter((route) => matches(route, path));
  return here.filter((one) => one.path.text === here[0]?.path.text);
}

function matches({ path }: Route, request: string): boolean {
  const parts = request.split("/").slice(1);
  if (
    path.kind === "prefix"
      ? parts.length <= path.segments.length
      : parts.length !== path.segments.length + (path.trailingSlash || path.segments.length === 0 ? 1 : 0)
  )
    return false;
  return path.segments.every((segment, index) => ("literal" in segment ? segment.literal === parts[index] : parts[index] !== ""));
}

function satisfied(
  model: GatewayModel,
  { jwt, apiKey, clientCertificate }: Alternative,
  request: ProbeRequest,
  entitled: boolean,
): boolean {
  if (jwt) {
    const { token } = request;
    if (token === undefined || !jwt.providers.includes(token.provider) || !valid(model, token)) return false;
    if (entitled && !jwt.scopes.every((scope) => granted(token).includes(scope))) return false;
    if (entitled && !Object.entries(jwt.claims).every(([name, values]) => values.some((value) => claimOf(token, name) === value)))
      return false;
  }
  if (apiKey) {
    const consumer = request.consumer === undefined ? undefined : model.consumers[request.consumer];
    if (consumer === undefined) return false;
    if (entitled && apiKey.plans && !(consumer.plan !== undefined && apiKey.plans.includes(consumer.plan))) return false;
  }
  if (clientCertificate) {
    if (request.certificate === undefined) return false;
    const wanted = clientCertificate.subjectAltNames;
    if (entitled && wanted && !wanted.some((name) => request.certificate?.includes(name))) return false;
  }
  return true;
}

/** Whether a token is one its provider would issue for this API. */
export function valid(model: GatewayModel, { provider, algorithm, claims }: ProbeToken): boolean {
  const declared = model.jwtProviders[provider];
  if (declared === undefined) return false;
  const audiences = [claims.aud].flat();
  return (
    claims.iss === declared.issuer &&
    (declared.algorithms as readonly string[]).includes(algorithm) &&
    declared.audiences.some((audience) => audiences.includes(audience)) &&
    typeof claims.exp === "number"
  );
}

const granted = ({ claims }: ProbeToken): string[] => String(claims.scope ?? "").split(" ");

/** The value of a claim; a dot in the name reaches into an object. */
export const claimOf = ({ claims }: ProbeToken, name: string): unknown =>
  name.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], claims);

function probesOfRoute(model: GatewayModel, route: Route): Probe[] {
  const probes: Probe[] = [];
  const path = samplePath(route);
  const [method = "GET"] = route.methods;
  const welcome = admitted(model.access, route.access);
  const base: ProbeRequest = {
    method,
    path,
    address: welcome ?? "192.0.2.200",
    token: undefined,
    consumer: undefined,
    certificate: frontCertificate(model),
  };
  const add = (control: ControlId, at: string, what: string, changes: Partial<ProbeRequest>) => {
    const request = { ...base, ...changes };
    probes.push({ control, path: at, what, request, expected: expectedOutcome(model, request) });
  };
  if (route.requirement.kind === "public") {
    add(pathControl(route), `${route.at}.path`, `${method} ${path}`, {});
  } else {
    const { alternatives } = route.requirement;
    alternatives.forEach((alternative, index) => {
      alternativeProbes(model, alternative, `${route.at}.require[${index}]`, add);
    });
    if (alternatives.length > 1) add("require.any", `${route.at}.require`, "no credential at all", {});
  }
  if (route.requirement.kind === "anyOf")
    for (const one of route.methods) add(credentialControl(route), `${route.at}.require`, `${one} without any credential`, { method: one });
  const best = bestCredentials(model, route);
  for (const one of route.methods) add(pathControl(route), `${route.at}.path`, `${one} ${path}`, { ...best, method: one });
  for (const one of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const) {
    const request = { ...base, ...best, method: one };
    if (expectedOutcome(model, request) === 405) add("route.methods", `${route.at}.methods`, `${one} ${path}`, { ...best, method: one });
  }
  for (const other of [`${path}/x`, `${path}x`, `/x${path}`]) {
    const request = { ...base, ...best, path: other };
    if (expectedOutcome(model, request) === 404)
      add(pathControl(route), `${route.at}.path`, `${method} ${other}`, { ...best, path: other });
  }
  addressProbes(model, route, (control, at, what, address) => add(control, at, what, { ...best, address }));
  return probes;
}

/** The edges of every block a request to a route has to do with, and addresses nobody listed. */
function addressProbes(model: GatewayModel, route: Route, add: (control: ControlId, at: string, what: string, address: string) => void) {
  const own = `${route.at}.access`;
  const listed = [
    ...route.access.denyCidrs.map((block) => ["access.route", own, block] as const),
    ...route.access.allowCidrs.map((block) => ["access.route", own, block] as const),
    ...model.access.denyCidrs.map((block) => ["access.deny", "access.denyCidrs", block] as const),
    ...model.access.allowCidrs.map((block) => ["access.allow", "access.allowCidrs", block] as const),
  ];
  for (const [control, at, block] of listed) for (const address of edgesOf(block)) add(control, at, `from ${address} of ${block}`, address);
  for (const address of STRANGERS) {
    if (route.access.allowCidrs.length > 0) add("access.route", own, `from ${address}`, address);
    if (model.access.allowCidrs.length > 0) add("access.allow", "access.allowCidrs", `from ${address}`, address);
  }
}

const pathControl = (route: Route): ControlId => (route.grpc ? "route.grpc" : `route.${route.path.kind}`);

/** The promise that keeps out who shows nothing. */
function credentialControl({ requirement }: Route): ControlId {
  const first = requirement.kind === "anyOf" ? requirement.alternatives[0] : undefined;
  return first?.jwt ? "require.jwt" : first?.apiKey ? "require.apiKey" : "require.clientCertificate";
}

type Add = (control: ControlId, at: string, what: string, changes: Partial<ProbeRequest>) => void;

/** The alternative satisfied, and each of its parts left out or wrong. */
function alternativeProbes(model: GatewayModel, alternative: Alternative, at: string, add: Add): void {
  const { jwt, apiKey, clientCertificate } = alternative;
  const whole = credentialsFor(model, alternative);
  if (Object.keys(whole).length > 1) add("require.all", at, "every credential", whole);
  for (const provider of jwt?.providers ?? []) {
    const token = tokenOf(model, provider, alternative);
    const withToken = (changes: Partial<ProbeToken>) => ({ ...whole, token: { ...token, ...changes } });
    const claims = (changes: Record<string, unknown>) => withToken({ claims: { ...token.claims, ...changes } });
    add(jwt && jwt.providers.length > 1 ? "require.jwt.providers" : "require.jwt", `${at}.jwt`, `a token of ${provider}`, withToken({}));
    add("require.jwt", `${at}.jwt`, `a token of ${provider} with another issuer`, claims({ iss: "https://evil.example" }));
    add("require.jwt", `${at}.jwt`, `a token of ${provider} for another audience`, claims({ aud: "somebody-else" }));
    for (const algorithm of ["RS256", "RS512", "ES256"])
      add("require.jwt.algorithms", `${at}.jwt`, `a token of ${provider} signed by ${algorithm}`, withToken({ algorithm }));
    for (const scope of jwt?.scopes ?? [])
      add(
        "require.jwt.scopes",
        `${at}.scopes`,
        `a token of ${provider} without ${scope}`,
        claims({
          scope: granted(token)
            .filter((one) => one !== scope)
            .join(" "),
        }),
      );
    for (const claim of Object.keys(jwt?.claims ?? {})) {
      const [first = claim] = claim.split(".");
      add("require.jwt.claims", `${at}.claims`, `a token of ${provider} without ${claim}`, claims({ [first]: undefined }));
      add("require.jwt.claims", `${at}.claims`, `a token of ${provider} with another ${claim}`, claims(nested(claim, "other")));
    }
    for (const other of Object.keys(model.jwtProviders))
      if (!jwt?.providers.includes(other))
        add("require.jwt.providers", `${at}.jwt`, `a token of ${other}`, { ...whole, token: tokenOf(model, other, alternative) });
  }
  if (jwt) add("require.jwt", `${at}.jwt`, "no token", { ...whole, token: undefined });
  if (apiKey) {
    add("require.apiKey", `${at}.apiKey`, "no key", { ...whole, consumer: undefined });
    add("require.apiKey", `${at}.apiKey`, "a key nobody was given", { ...whole, consumer: "nobody" });
    for (const { name, plan } of Object.values(model.consumers))
      add(apiKey.plans ? "require.apiKey.plans" : "require.apiKey", `${at}.apiKey`, `the key of ${name} (${plan ?? "no plan"})`, {
        ...whole,
        consumer: name,
      });
  }
  if (clientCertificate) {
    if (model.tls.clientValidation?.mode === "Optional")
      add("require.clientCertificate", `${at}.clientCertificate`, "no certificate", { ...whole, certificate: undefined });
    const front = model.tls.clientValidation?.subjectAltNames ?? [];
    // Where every connection shows one and none is named, that it counts is all there is to try.
    if (model.tls.clientValidation?.mode === "Required" && front.length === 0 && clientCertificate.subjectAltNames === undefined)
      add("require.clientCertificate", `${at}.clientCertificate`, "any certificate the front door takes", whole);
    for (const name of new Set([...front, ...(clientCertificate.subjectAltNames ?? [])]))
      add(
        clientCertificate.subjectAltNames ? "require.clientCertificate.names" : "require.clientCertificate",
        `${at}.clientCertificate`,
        `a certificate for ${name}`,
        { ...whole, certificate: [name] },
      );
    if (clientCertificate.subjectAltNames && front.length === 0)
      add("require.clientCertificate.names", `${at}.clientCertificate`, "a certificate for another name", {
        ...whole,
        certificate: ["other.example.com"],
      });
  }
}

/** Everything an alternative asks for. */
function credentialsFor(model: GatewayModel, alternative: Alternative): Partial<ProbeRequest> {
  const { jwt, apiKey, clientCertificate } = alternative;
  const consumer = Object.values(model.consumers).find(({ plan }) => !apiKey?.plans || (plan !== undefined && apiKey.plans.includes(plan)));
  return {
    ...(jwt ? { token: tokenOf(model, jwt.providers[0] as string, alternative) } : {}),
    ...(apiKey ? { consumer: consumer?.name ?? "nobody" } : {}),
    ...(clientCertificate
      ? { certificate: [clientCertificate.subjectAltNames?.[0] ?? frontCertificate(model)?.[0] ?? "partner.example.com"] }
      : {}),
  };
}

function bestCredentials(model: GatewayModel, { requirement }: Route): Partial<ProbeRequest> {
  return requirement.kind === "public" ? {} : credentialsFor(model, requirement.alternatives[0] as Alternative);
}

function tokenOf(model: GatewayModel, name: string, { jwt }: Alternative): ProbeToken {
  const provider = model.jwtProviders[name];
  if (provider === undefined) throw new Error(`no provider ${name}`);
  const claims: Record<string, unknown> = { iss: provider.issuer, aud: provider.audiences[0], sub: "somebody", exp: 4_000_000_000 };
  if (jwt && jwt.scopes.length > 0) claims.scope = jwt.scopes.join(" ");
  for (const [claim, [value]] of Object.entries(jwt?.claims ?? {})) Object.assign(claims, nested(claim, value));
  return { provider: name, algorithm: provider.algorithms[0] as string, claims };
}

function nested(claim: string, value: unknown): Record<string, unknown> {
  const [first = "", ...rest] = claim.split(".");
  return { [first]: rest.length === 0 ? value : nested(rest.join("."), value) };
}

/** Where every connection shows a certificate, every probe does. */
function frontCertificate({ tls }: GatewayModel): string[] | undefined {
  if (tls.clientValidation?.mode !== "Required") return undefined;
  return [tls.clientValidation.subjectAltNames[0] ?? "somebody.example.com"];
}

function samplePath({ path }: Route): string {
  const parts = path.segments.map((segment) => ("literal" in segment ? segment.literal : "a1"));
  return `/${[...parts, ...(path.kind === "prefix" ? ["deep"] : path.trailingSlash ? [""] : [])].join("/")}`;
}
