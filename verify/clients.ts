import type { ProbeContext } from "./context.ts";
import { contains, forwardedFor } from "./oracle/addresses.ts";
import type { Request } from "./wire/client.ts";

/** What makes a request come from one of several clients. */
export type ClientChange = Pick<Request, "via" | "headers">;

/**
 * Clients of different addresses, as many as asked for, all of them admitted; undefined when this machine cannot play them. On Linux every address of
 * 127.0.0.0/8 is this machine; straight at a gateway behind trusted proxies the probes write the address themselves.
 */
export function clientsFrom(context: ProbeContext, count: number): readonly ClientChange[] | undefined {
  const { model, settings } = context;
  if (count <= 1) return [{}];
  const { allowCidrs, denyCidrs } = model.access;
  const lists = [model.access, ...model.routes.map((route) => route.access)];
  const admitted = (address: string) =>
    lists.every((list) => !contains(list.denyCidrs, address)) && (allowCidrs.length === 0 || contains(allowCidrs, address));
  const hops = model.clientIp.trustedHops > 0;
  if (hops ? !settings.direct : !(process.platform === "linux" && /^127\.|^localhost$/.test(settings.endpoint.host))) return undefined;
  const prefix = hops ? prefixIn(allowCidrs, denyCidrs) : "127.77";
  const addresses = Array.from({ length: count }, (_, index) => `${prefix}.${(index + 1) >> 8}.${(index + 1) & 0xff}`).filter(admitted);
  if (new Set(addresses).size < count) return undefined;
  return addresses.map((address) =>
    hops ? { headers: [["X-Forwarded-For", forwardedFor(model, address)]] } : { via: { localAddress: address } },
  );
}

/** The first two bytes of a network with room for many clients. */
function prefixIn(allowed: readonly string[], denied: readonly string[]): string {
  const wide = allowed.find((cidr) => /^\d+\.\d+\.\d+\.\d+\/(\d|1[0-6])$/.test(cidr) && !denied.includes(cidr));
  return wide === undefined ? "10.77" : wide.split(".").slice(0, 2).join(".");
}
