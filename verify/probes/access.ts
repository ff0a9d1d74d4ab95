import { networkInterfaces } from "node:os";
import type { ControlId } from "../../components/backends/controls.ts";
import type { AccessLists, GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { contains, firstAddress, forwardedFor, sampleAddresses } from "../oracle/addresses.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import type { Answer } from "../wire/answer.ts";
import type { Request } from "../wire/client.ts";

/** Headers by which somebody could claim another address. */
const CLAIMS = [
  "X-Forwarded-For",
  "Forwarded",
  "X-Real-IP",
  "X-Client-IP",
  "True-Client-IP",
  "CF-Connecting-IP",
  "X-Cluster-Client-IP",
  "X-Envoy-External-Address",
  "X-Gateway-Client-IP",
];

/** Address lists of the gateway and of single routes, and that nobody gets on or off them by a header. */
export function accessProbes(model: GatewayModel): Probe[] {
  const lists: { readonly lists: AccessLists; readonly route: Route | undefined }[] = [
    { lists: model.access, route: undefined },
    ...model.routes.map((route) => ({ lists: route.access, route })),
  ];
  return [
    ...lists.flatMap(({ lists: { allowCidrs, denyCidrs }, route }) => [
      ...(denyCidrs.length > 0 ? denyProbes(model, denyCidrs, route) : []),
      ...(allowCidrs.length > 0 ? allowProbes(model, allowCidrs, denyCidrs, route) : []),
    ]),
    ...(model.clientIp.trustedHops > 0 ? hopProbes(model) : []),
  ];
}

const suffixOf = (route: Route | undefined) => (route ? `@${route.name}` : "");

function controlOf(route: Route | undefined, list: "allow" | "deny"): ControlId {
  return route ? "access.route" : `access.${list}`;
}

function denyProbes(model: GatewayModel, denied: readonly string[], route: Route | undefined): Probe[] {
  const control = controlOf(route, "deny");
  return [
    {
      id: `access.denied${suffixOf(route)}`,
      control,
      title: `A client from ${denied.join(" or ")} is refused`,
      attack: true,
      run: async (context) => judge(EXPECT.addressDenied, await from(context, route, insideOf(denied)), context.settings.exact),
    },
    ...(model.clientIp.trustedHops > 0
      ? []
      : CLAIMS.map(
          (name): Probe => ({
            id: `access.claimed-denied-${name.toLowerCase()}${suffixOf(route)}`,
            control,
            title: `A client that claims a denied address in ${name} is judged by its own`,
            attack: true,
            run: async (context) => claimed(context, route, name, firstAddress(denied[0] ?? "")),
          }),
        )),
  ];
}

function allowProbes(model: GatewayModel, allowed: readonly string[], denied: readonly string[], route: Route | undefined): Probe[] {
  const control = controlOf(route, "allow");
  const outside = (address: string) => !contains(allowed, address) && !contains(denied, address);
  return [
    {
      id: `access.not-allowed${suffixOf(route)}`,
      control,
      title: `A client from outside ${allowed.join(" and ")} is refused`,
      attack: true,
      run: async (context) => judge(EXPECT.addressDenied, await from(context, route, outside), context.settings.exact),
    },
    ...(model.clientIp.trustedHops > 0
      ? []
      : CLAIMS.map(
          (name): Probe => ({
            id: `access.claimed-allowed-${name.toLowerCase()}${suffixOf(route)}`,
            control,
            title: `A client from outside that claims an allowed address in ${name} is refused`,
            attack: true,
            run: async (context) => {
              const address = firstAddress(allowed[0] ?? "");
              const localAddress = sourceAddress(context, outside);
              const answer = await ask(context, route, { headers: [claim(name, address)], via: { localAddress } });
              return judge(EXPECT.addressDenied, answer, context.settings.exact);
            },
          }),
        )),
  ];
}

/** Behind trusted proxies: the address they saw counts, and what a client wrote before them does not. */
function hopProbes(model: GatewayModel): Probe[] {
  const { denyCidrs, allowCidrs } = model.access;
  const denied =
    denyCidrs.length > 0 ? insideOf(denyCidrs) : allowCidrs.length > 0 ? (address: string) => !contains(allowCidrs, address) : undefined;
  const probe = (
    id: string,
    title: string,
    attack: boolean,
    run: (context: ProbeContext, bad: string, good: string) => Promise<Verdict>,
  ): Probe => ({
    id: `client-ip.${id}`,
    control: "clientIp.trustedHops",
    title,
    attack,
    run: async (context) => {
      if (!context.settings.direct)
        throw new SkipProbe("the requests pass the trusted proxies; give address to play them and to connect to the gateway itself");
      if (denied === undefined) throw new SkipProbe("no address list shows which address the gateway judges");
      const candidates = sampleAddresses([...denyCidrs, ...allowCidrs]);
      const bad = candidates.find(denied);
      const good = candidates.find((address) => !denied(address) && (allowCidrs.length === 0 || contains(allowCidrs, address)));
      if (bad === undefined || good === undefined) throw new SkipProbe("no pair of addresses is judged differently");
      return run(context, bad, good);
    },
  });
  const hops = (first: string) => forwardedFor(model, first);
  const forwarded = (context: ProbeContext, value: string) => ask(context, undefined, { headers: [["X-Forwarded-For", value]] });
  const admitted = async (context: ProbeContext, value: string) => {
    const answer = await forwarded(context, value);
    return answer.status === 403
      ? failed(`refused with 403 although the proxies saw an address that is admitted`)
      : passed(`status ${answer.status}`);
  };
  return [
    probe("refused", "An address the proxies saw is judged by the lists", true, async (context, bad) =>
      judge(EXPECT.addressDenied, await forwarded(context, hops(bad)), context.settings.exact),
    ),
    probe("admitted", "An address the proxies saw is admitted by the lists", false, (context, _bad, good) => admitted(context, hops(good))),
    probe(
      "prepended-good",
      "A good address that the client wrote before the proxies' own changes nothing",
      true,
      async (context, bad, good) => judge(EXPECT.addressDenied, await forwarded(context, `${good}, ${hops(bad)}`), context.settings.exact),
    ),
    probe("prepended-bad", "A bad address that the client wrote before the proxies' own changes nothing", true, (context, bad, good) =>
      admitted(context, `${bad}, ${hops(good)}`),
    ),
    probe("two-headers", "An address in a header of its own before the proxies' changes nothing", true, async (context, bad, good) => {
      const answer = await ask(context, undefined, {
        headers: [
          ["X-Forwarded-For", good],
          ["X-Forwarded-For", hops(bad)],
        ],
      });
      return judge(EXPECT.addressDenied, answer, context.settings.exact);
    }),
    ...CLAIMS.filter((name) => name !== "X-Forwarded-For").map((name) =>
      probe(
        `claimed-${name.toLowerCase()}`,
        `A good address in ${name} does not outweigh what the proxies saw`,
        true,
        async (context, bad, good) => {
          const answer = await ask(context, undefined, { headers: [["X-Forwarded-For", hops(bad)], claim(name, good)] });
          return judge(EXPECT.addressDenied, answer, context.settings.exact);
        },
      ),
    ),
  ];
}

const claim = (name: string, address: string) => [name, name === "Forwarded" ? `for=${address}` : address] as const;

const insideOf = (cidrs: readonly string[]) => (address: string) => contains(cidrs, address);

/** A request from an address that fits. @throws SkipProbe when this machine has none. */
async function from(context: ProbeContext, route: Route | undefined, fits: (address: string) => boolean): Promise<Answer> {
  if (context.model.clientIp.trustedHops > 0) {
    if (!context.settings.direct) throw new SkipProbe("the gateway sees the address its proxies saw; give address to play them");
    const { access } = context.model;
    const lists = [access, ...(route ? [route.access] : [])].flatMap(({ allowCidrs, denyCidrs }) => [...allowCidrs, ...denyCidrs]);
    const address = sampleAddresses(lists).find(fits);
    if (address === undefined) throw new SkipProbe("no sample address fits the list");
    return ask(context, route, { headers: [["X-Forwarded-For", forwardedFor(context.model, address)]] });
  }
  return ask(context, route, { via: { localAddress: sourceAddress(context, fits) } });
}

/** An address of this machine from which the gateway can be reached. */
export function sourceAddress(context: ProbeContext, fits: (address: string) => boolean): string {
  const { host } = context.settings.endpoint;
  const loopback = /^127\.|^localhost$/.test(host);
  // On Linux every address of 127.0.0.0/8 is this machine.
  const own = loopback
    ? process.platform === "linux"
      ? LOOPBACKS
      : ["127.0.0.1"]
    : Object.values(networkInterfaces()).flatMap((entries) =>
        (entries ?? []).flatMap(({ address, internal }) => (internal ? [] : [address])),
      );
  const found = own.find(fits);
  if (found === undefined) throw new SkipProbe("this machine has no address of that kind to call from");
  return found;
}

const LOOPBACKS = [
  "127.0.0.1",
  "127.0.0.2",
  "127.0.0.3",
  "127.1.0.1",
  "127.66.0.1",
  "127.66.0.2",
  "127.99.0.1",
  "127.128.0.1",
  "127.200.0.1",
];

function ask(context: ProbeContext, route: Route | undefined, change: Partial<Request>): Promise<Answer> {
  const target = route ? context.pathOf(route) : context.somePath();
  const method = route === undefined ? "GET" : route.requirement.kind === "public" ? context.methodOf(route) : (route.methods[0] ?? "GET");
  return context.send({ method, target, ...change });
}

/** Claiming a denied address must not get a client refused that would be let in: whoever can do that can lock others out. */
async function claimed(context: ProbeContext, route: Route | undefined, name: string, address: string): Promise<Verdict> {
  const usual = await ask(context, route, {});
  const answer = await ask(context, route, { headers: [claim(name, address)] });
  return answer.status === usual.status
    ? passed(`status ${answer.status} as without it`)
    : failed(`expected status ${usual.status} as without it, got ${answer.status}`);
}
