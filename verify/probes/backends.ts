import type { ControlId } from "../../components/backends/controls.ts";
import type { Backend, GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { type Echo, IMPOSTOR_MS, WRONG_BACKEND_CERTIFICATES, type WrongBackendCertificate } from "../echo.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { directed } from "./timing.ts";

const WHAT: Readonly<Record<WrongBackendCertificate, string>> = {
  untrusted: "that nobody the gateway trusts has signed",
  expired: "that has expired",
  "wrong-name": "for another name",
};

/** The way to each backend: whom the gateway talks to, and what it shows of itself. */
export function backendProbes(model: GatewayModel): Probe[] {
  return Object.values(model.backends).flatMap((backend) => {
    const routes = model.routes.filter((route) => route.backends.every(({ name }) => name === backend.name));
    return [...reachProbes(backend, routes), ...viewProbes(backend, routes), ...trustProbes(backend, routes)];
  });
}

/** The first of the routes whose backend repeats what it receives. @throws SkipProbe */
export async function echoRoute(context: ProbeContext, backend: Backend, routes: readonly Route[]): Promise<{ route: Route; echo: Echo }> {
  if (backend.protocol === "grpc") throw new SkipProbe("gRPC backends cannot repeat what they receive");
  const own = (await context.echoRoutes()).filter(({ route }) => routes.includes(route));
  const found = own.find(({ route }) => route.rateLimits.length === 0 && context.methodOf(route) === "GET") ?? own[0];
  if (found === undefined)
    throw new SkipProbe(`no route to "${backend.name}" shows what it receives (docs/verify.md says how a test backend does)`);
  return found;
}

function reachProbes(backend: Backend, routes: readonly Route[]): Probe[] {
  const controls: ControlId[] = [`backend.tls.${backend.tls.trust.kind}`];
  if (backend.network.type === "private") controls.push("backend.private");
  if (backend.network.type === "onPremises") controls.push("backend.onPremises");
  return controls.map((control) => ({
    id: `backend.reached-${control.split(".").at(-1)}@${backend.name}`,
    control,
    title: `The backend ${backend.name} at ${backend.host}:${backend.port} answers`,
    attack: false,
    run: async (context) => {
      let skip: SkipProbe | undefined;
      const seen: string[] = [];
      for (const route of routes) {
        try {
          const { reached, detail } = await context.reach(route);
          if (reached) return passed(`${route.name}: ${detail}`);
          seen.push(`${route.name}: ${detail}`);
        } catch (error) {
          if (!(error instanceof SkipProbe)) throw error;
          skip ??= error;
        }
      }
      if (seen.length > 0) return failed(`expected an answer of the backend, got ${seen.join("; ")}`);
      throw skip ?? new SkipProbe("no route leads to this backend alone");
    },
  }));
}

function viewProbes(backend: Backend, routes: readonly Route[]): Probe[] {
  const { tls, name } = backend;
  const probe = (id: string, control: ControlId, title: string, judgeEcho: (echo: Echo) => Verdict): Probe => ({
    id: `backend.${id}@${name}`,
    control,
    title,
    attack: false,
    run: async (context) => {
      const refusal = await unreachable(context, routes);
      return refusal ?? judgeEcho((await echoRoute(context, backend, routes)).echo);
    },
  });
  const own = tls.clientCertificate === "internal";
  return [
    ...(tls.clientCertificate === "none"
      ? []
      : [
          probe(
            "client-certificate",
            `backend.clientCertificate.${own ? "internal" : "imported"}`,
            `${name} is shown a client certificate it accepts`,
            ({ tls: { clientNames } }) =>
              clientNames === null ? failed("the backend was shown no certificate it accepts") : passed(clientNames.join(", ")),
          ),
        ]),
    ...(tls.serverName === backend.host
      ? []
      : [
          probe(
            "server-name",
            "backend.tls.serverName",
            `${name} is asked for under the name ${tls.serverName}`,
            ({ tls: { serverName } }) =>
              serverName === tls.serverName ? passed(serverName) : failed(`expected SNI ${tls.serverName}, got ${serverName ?? "none"}`),
          ),
        ]),
  ];
}

/** A backend that asks for a certificate, or for a name, and does not get it answers nobody; then there is nothing to look at. */
async function unreachable(context: ProbeContext, routes: readonly Route[]): Promise<Verdict | undefined> {
  const details: string[] = [];
  for (const route of routes) {
    try {
      const { reached, detail } = await context.reach(route);
      if (reached) return undefined;
      details.push(`${route.name}: ${detail}`);
    } catch (error) {
      if (!(error instanceof SkipProbe)) throw error;
    }
  }
  return details.length > 0 ? failed(`expected an answer of the backend, got ${details.join("; ")}`) : undefined;
}

/** The backend plays somebody else for a moment; whoever it is then must not get the request. */
function trustProbes(backend: Backend, routes: readonly Route[]): Probe[] {
  const { kind } = backend.tls.trust;
  if (kind === "unverified") return [];
  // A pinned certificate is accepted under any name: it can only be this one.
  const kinds = WRONG_BACKEND_CERTIFICATES.filter((wrong) => kind !== "pinned" || wrong === "untrusted");
  return kinds.map((wrong) => ({
    id: `backend.certificate-${wrong}@${backend.name}`,
    control: wrong === "wrong-name" && backend.tls.serverName !== backend.host ? "backend.tls.serverName" : `backend.tls.${kind}`,
    title: `A backend with a certificate ${WHAT[wrong]} gets no request`,
    attack: true,
    stage: "alone",
    run: async (context) => {
      const { route } = await echoRoute(context, backend, routes);
      const ability = `certificate:${wrong}` as const;
      await directed(context, route, [ability], [ability]);
      const until = Date.now() + IMPOSTOR_MS;
      await context.wait(150);
      const answer = await context.ask(route);
      const inTime = Date.now() < until;
      await recovered(context, route);
      if (!inTime) throw new SkipProbe("the gateway took longer than the backend shows the wrong certificate");
      return judge(EXPECT.backendFails, answer, context.settings.exact);
    },
  }));
}

/** Waits until the backend is itself again, so that other probes find it as it was. */
export async function recovered(context: ProbeContext, route: Route): Promise<void> {
  const deadline = Date.now() + IMPOSTOR_MS + context.settings.patienceMs;
  while (Date.now() < deadline) {
    await context.wait(150);
    const answer = await context.ask(route);
    if (![500, 502, 503, 504].includes(answer.status)) return;
  }
}
