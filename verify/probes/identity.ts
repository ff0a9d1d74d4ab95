import type { ControlId } from "../../components/backends/controls.ts";
import type { GatewayModel, JwtProvider, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { echoHeader } from "../echo.ts";
import { failed, type Probe, passed, skipped } from "../probe.ts";
import { overEchoRoutes, type View } from "./backend-view.ts";

const FORGED = "gateway-verify-forged";

/** Headers that would give somebody else's identity or address to a backend that believes them. */
const IDENTITY = [
  "x-gateway-subject",
  "x-gateway-issuer",
  "x-gateway-consumer",
  "x-gateway-client-cert",
  "x-gateway-client-ip",
  "x-gateway-verify",
];

/** Headers by which clients are confused with proxies, and requests with other requests. */
const CONFUSING = [
  "x-forwarded-client-cert",
  "x-forwarded-host",
  "x-original-url",
  "x-rewrite-url",
  "x-http-method-override",
  "client-cert",
  "x-envoy-original-path",
  "x-envoy-internal",
  "proxy",
];

const ADDRESSES = ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "x-client-ip"];

/** Identities as backends see them: the gateway's own, never the client's word. */
export function identityProbes(model: GatewayModel): Probe[] {
  const claims = [...new Set(Object.values(model.jwtProviders).flatMap((provider) => Object.keys(provider.claimToHeaders)))];
  return [
    ...[...IDENTITY, ...CONFUSING].map((name) => forged(name, "request.headers")),
    ...claims.map((name) => forged(name, "require.jwt.claimToHeaders")),
    overEchoRoutes({
      id: "underscore",
      control: "request.headers",
      title: "A header with an underscore, which some servers read as a dash, does not reach the backend",
      attack: true,
      change: {
        headers: [
          ["x_gateway_subject", FORGED],
          ["X_Verify", FORGED],
        ],
      },
      judge: ({ echo }) => {
        const found = echo.headers.find(([name]) => name.includes("_"));
        return found ? failed(`the backend received ${found[0]}`) : passed("absent");
      },
    }),
    ...(model.clientIp.trustedHops > 0 ? [] : ADDRESSES.map(madeUpAddress)),
    overEchoRoutes({
      id: "connection-option",
      control: "request.headers",
      title: "Naming an identity header in Connection does not remove the gateway's own",
      attack: true,
      change: { headers: [["Connection", "x-gateway-client-ip, x-gateway-subject, x-gateway-consumer"]] },
      judge: ({ echo }) =>
        echoHeader(echo, "x-gateway-client-ip").length === 1
          ? passed("x-gateway-client-ip is there")
          : failed("the backend received no x-gateway-client-ip"),
    }),
    overEchoRoutes({
      id: "request-id",
      control: "request.headers",
      title: "Every request has an id, and it is the gateway's",
      attack: false,
      change: { headers: [["x-request-id", FORGED]] },
      judge: ({ echo }) => {
        const id = echoHeader(echo, "x-request-id");
        if (id.length !== 1) return failed(`the backend received ${id.length} request ids`);
        return id[0] === FORGED ? failed("the backend received the id the client chose") : passed(`x-request-id: ${id[0]}`);
      },
    }),
    ...(Object.keys(model.jwtProviders).length > 0 ? tokenProbes(model) : []),
    ...(model.apiKeys ? [keyProbe(model.apiKeys.header)] : []),
    ...(model.observability.tracing ? [traceProbe()] : []),
  ];
}

function forged(name: string, control: ControlId): Probe {
  return overEchoRoutes({
    id: `forged-${name}`,
    control,
    title: `A ${name} brought along does not reach the backend`,
    attack: true,
    change: { headers: [[name, FORGED]] },
    judge: ({ echo }) => {
      const values = echoHeader(echo, name);
      return values.some((value) => value.includes(FORGED))
        ? failed(`the backend received ${name}: ${values.join(", ")}`)
        : passed(values.join(", ") || "absent");
    },
  });
}

function madeUpAddress(name: string): Probe {
  const address = "198.51.100.77";
  return overEchoRoutes({
    id: `address-${name}`,
    control: "request.headers",
    title: `A made-up address in ${name} does not become the client's address`,
    attack: true,
    change: { headers: [[name, name === "forwarded" ? `for=${address}` : address]] },
    judge: ({ echo }) => {
      const seen = echoHeader(echo, "x-gateway-client-ip").join(", ");
      if (seen === "") return failed("the backend received no x-gateway-client-ip");
      const trusted = echoHeader(echo, name).find((value) => value.includes(address));
      if (trusted !== undefined) return failed(`the backend received ${name}: ${trusted}`);
      return seen.includes(address) ? failed(`the backend received x-gateway-client-ip: ${seen}`) : passed(`x-gateway-client-ip: ${seen}`);
    },
  });
}

const alternatives = (route: Route) => (route.requirement.kind === "public" ? [] : route.requirement.alternatives);

/** The token that was sent, with the provider it is of. */
function tokenOf({ route, admission }: View, context: ProbeContext): { provider: JwtProvider; token: string } | undefined {
  const names = alternatives(route).flatMap((alternative) => alternative.jwt?.providers ?? []);
  const mint = context.credentials.mintFor(names);
  const authorization = admission.headers.find(([name]) => name === "Authorization")?.[1];
  return mint && authorization ? { provider: mint.provider, token: authorization.replace("Bearer ", "") } : undefined;
}

function tokenProbes(model: GatewayModel): Probe[] {
  const asksToken = (route: Route) => alternatives(route)[0]?.jwt !== undefined;
  const forwards = (route: Route) => alternatives(route)[0]?.jwt?.providers.every((name) => model.jwtProviders[name]?.forward) ?? false;
  const kept = overEchoRoutes({
    id: "token-kept",
    control: "require.jwt.strip",
    title: "The token stays with the gateway",
    attack: true,
    applies: asksToken,
    judge: (view, context) => {
      const sent = tokenOf(view, context);
      if (sent === undefined) return passed("no token was sent");
      if (sent.provider.forward) return passed(`tokens of ${sent.provider.name} go on`);
      return JSON.stringify(view.echo).includes(sent.token) ? failed("the backend received the token") : passed("not received");
    },
  });
  const passedOn = overEchoRoutes({
    id: "token-passed-on",
    control: "require.jwt.forward",
    title: "The token goes on to the backend",
    attack: false,
    applies: forwards,
    judge: (view, context) => {
      const sent = tokenOf(view, context);
      if (sent === undefined) return passed("no token was sent");
      return JSON.stringify(view.echo).includes(sent.token) ? passed("received") : failed("the backend did not receive the token");
    },
  });
  const values = Object.values(model.jwtProviders);
  const headers = [...new Set(values.flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders)))];
  return [
    overEchoRoutes({
      id: "subject",
      control: "require.jwt",
      title: "The backend learns subject and issuer of the token",
      attack: false,
      applies: asksToken,
      judge: (view, context) => {
        const sent = tokenOf(view, context);
        if (sent === undefined) return passed("no token was sent");
        const subject = echoHeader(view.echo, "x-gateway-subject").join(", ");
        const issuer = echoHeader(view.echo, "x-gateway-issuer").join(", ");
        return subject === "gateway-verify" && issuer === sent.provider.issuer
          ? passed(`x-gateway-subject: ${subject}`)
          : failed(`expected subject gateway-verify of ${sent.provider.issuer}, got ${subject || "none"} of ${issuer || "none"}`);
      },
    }),
    ...(values.some(({ forward }) => !forward) ? [kept] : []),
    ...(values.some(({ forward }) => forward) ? [passedOn] : []),
    ...headers.map((name) => claimProbe(name, asksToken)),
  ];
}

function claimProbe(name: string, asksToken: (route: Route) => boolean): Probe {
  return overEchoRoutes({
    id: `claim-${name}`,
    control: "require.jwt.claimToHeaders",
    title: `The claim behind ${name} reaches the backend, whatever the client wrote there`,
    attack: false,
    applies: asksToken,
    change: { headers: [[name, FORGED]] },
    judge: (view, context) => {
      const sent = tokenOf(view, context);
      const claim = sent?.provider.claimToHeaders[name];
      if (sent === undefined || claim === undefined) return passed("the token has no such claim");
      const wanted = claimIn(sent.token, claim);
      const values = echoHeader(view.echo, name).join(", ");
      return values === wanted ? passed(`${name}: ${values}`) : failed(`expected ${name}: ${wanted}, got ${values || "none"}`);
    },
  });
}

function claimIn(token: string, claim: string): string {
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
  return String(claims[claim]);
}

function keyProbe(header: string): Probe {
  return overEchoRoutes({
    id: "api-key-kept",
    control: "require.apiKey",
    title: "The API key stays with the gateway, the consumer's name goes on",
    attack: true,
    applies: (route) => alternatives(route)[0]?.apiKey !== undefined,
    judge: ({ echo, admission }) => {
      const key = admission.headers.find(([name]) => name === header)?.[1];
      if (key === undefined) return passed("no key was sent");
      if (JSON.stringify(echo).includes(key)) return failed("the backend received the API key");
      const consumer = echoHeader(echo, "x-gateway-consumer").join(", ");
      return consumer === admission.consumer
        ? passed(`x-gateway-consumer: ${consumer}`)
        : failed(`expected x-gateway-consumer: ${admission.consumer}, got ${consumer || "none"}`);
    },
  });
}

function traceProbe(): Probe {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  return overEchoRoutes({
    id: "traceparent",
    control: "observe.tracing",
    title: "A trace goes on to the backend under its id, with a span of the gateway in between",
    attack: false,
    change: { headers: [["traceparent", `00-${trace}-b7ad6b7169203331-01`]] },
    judge: ({ echo }, context) => {
      const value = echoHeader(echo, "traceparent").join(", ");
      if (value.includes("b7ad6b7169203331") && !context.settings.exact)
        return skipped("the trace goes on as the client sent it; whether the gateway has a span of its own does not show");
      return value.includes(trace) && !value.includes("b7ad6b7169203331")
        ? passed(`traceparent: ${value}`)
        : failed(`expected traceparent with ${trace}, got ${value || "none"}`);
    },
  });
}
