import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import type { Request, Via } from "../wire/client.ts";
import { WireError } from "../wire/errors.ts";
import { refusedIfAlive } from "./tls.ts";

const FOREIGN = "gateway-verify.example";

/** Only the declared host name is served, under whatever other name somebody reaches the machine. */
export function hostProbes(model: GatewayModel): Probe[] {
  const host = model.hostname;
  const other = (id: string, title: string, value: string): Probe => probe(`header-${id}`, title, { host: value });
  return [
    probeSni("sni-other", "A connection for another name (SNI) is not served", FOREIGN),
    probeSni("sni-subdomain", "A connection for a name below the host name is not served", `below.${host}`),
    probeNoName(),
    other("other", "Another host in the Host header is not served", FOREIGN),
    other("prefix", "A host that ends like ours is not served", `not-${host}`),
    other("suffix", "A host that starts like ours is not served", `${host}.${FOREIGN}`),
    other("subdomain", "A name below the host name is not served", `below.${host}`),
    other("parent", "The name above the host name is not served", host.split(".").slice(1).join(".") || FOREIGN),
    other("localhost", "localhost is not served", host === "localhost" ? FOREIGN : "localhost"),
    other("address", "An IP address in the Host header is not served", "192.0.2.1"),
    other("userinfo", "A host with user information is not served", `${host}@${FOREIGN}`),
    other("list", "Two hosts in one header are not served", `${host}, ${FOREIGN}`),
    other("path", "A host with a path behind it is not served", `${host}/${FOREIGN}`),
    probe("absolute-target", "A request target with another authority is not served as ours", {
      host: FOREIGN,
      target: (path) => `https://${FOREIGN}${path}`,
    }),
    {
      id: "host.upper-case",
      control: "host.only",
      title: "The host name is served in capitals too: names have no case",
      attack: false,
      run: async (context) => served(context, { host: context.settings.authority.toUpperCase() }),
    },
    ...["x-forwarded-host", "forwarded", "x-host", "x-original-host"].map(
      (name): Probe => ({
        id: `host.${name}`,
        control: "host.only",
        title: `The header ${name} does not change which host is asked for`,
        attack: true,
        run: async (context) => served(context, { headers: [[name, name === "forwarded" ? `host=${FOREIGN}` : FOREIGN]] }),
      }),
    ),
  ];
}

interface Change {
  readonly host: string;
  readonly target?: (path: string) => string;
}

function probe(id: string, title: string, change: Change): Probe {
  return {
    id: `host.${id}`,
    control: "host.only",
    title,
    attack: true,
    run: async (context) => {
      const request: Request = { method: "GET", target: context.somePath() };
      const target = change.target ? change.target(request.target) : request.target;
      return answered(context, { ...request, target, host: change.host });
    },
  };
}

async function answered(context: ProbeContext, request: Request): Promise<Verdict> {
  context.needConnection();
  try {
    return judge(EXPECT.wrongHost, await context.client.send(request), context.settings.exact);
  } catch (error) {
    if (error instanceof WireError && error.failure === "closed") return refusedIfAlive(context, "connection closed");
    throw error;
  }
}

async function served(context: ProbeContext, change: Partial<Request>): Promise<Verdict> {
  const plain: Request = { method: "GET", target: context.somePath() };
  const usual = await context.send(plain);
  const answer = await context.send({ ...plain, ...change });
  return answer.status === usual.status
    ? passed(`status ${answer.status} as ever`)
    : failed(`expected status ${usual.status} as without it, got ${answer.status}`);
}

function probeSni(id: string, title: string, serverName: string): Probe {
  return { id: `host.${id}`, control: "host.only", title, attack: true, run: (context) => underName(context, { serverName }, serverName) };
}

/** What somebody scanning addresses sees, and the way round a cloud's default address would be. */
function probeNoName(): Probe {
  return {
    id: "host.sni-none",
    control: "host.only",
    title: "A connection without a name (SNI) and for the bare address is not served",
    attack: true,
    run: (context) => underName(context, { serverName: "" }, context.settings.endpoint.host),
  };
}

async function underName(context: ProbeContext, via: Via, host: string): Promise<Verdict> {
  const pair = context.settings.clientCertificate;
  if (context.model.tls.clientValidation?.mode === "Required" && !pair)
    throw new SkipProbe("the gateway asks every client for a certificate and none was given");
  const request: Request = { method: "GET", target: context.somePath() };
  try {
    const answer = await context.client.send({ ...request, host, via: { ...via, verify: false } });
    return judge(EXPECT.wrongHost, answer, context.settings.exact);
  } catch (error) {
    if (error instanceof WireError && (error.failure === "tls" || error.failure === "closed"))
      return refusedIfAlive(context, error.message);
    throw error;
  }
}
