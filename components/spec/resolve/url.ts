import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { PathPart } from "../faults.ts";
import { show } from "../show.ts";
import { parseUrl } from "../url.ts";
import type { ResolveContext } from "./context.ts";

/** Parts of an https URL; undefined after a fault. */
export function parseHttpsUrl(
  text: string,
  path: readonly PathPart[],
  ctx: ResolveContext,
): { host: string; port: number; path: string } | undefined {
  const url = parseUrl(text);
  if (url === null || /\s/.test(text)) {
    ctx.fault(path, `${show(text)} is not a URL`, "give https://host[:port][/path]");
    return undefined;
  }
  if (url.protocol === "http:")
    ctx.fault(
      path,
      "plain HTTP is not spoken to backends or key servers",
      `use https://${url.host}; a service without TLS of its own needs a TLS proxy or sidecar next to it`,
    );
  else if (url.protocol !== "https:") {
    ctx.fault(path, `the scheme "${url.protocol.slice(0, -1)}" is not spoken`, "use https:// (also for gRPC, with protocol: grpc)");
    return undefined;
  }
  if (url.username !== "" || url.password !== "")
    ctx.fault(path, "holds a user name or password", "remove it; credentials never stand in a URL");
  if (url.hash !== "" || text.endsWith("#")) ctx.fault(path, "has a fragment (#…)", "remove it");
  if (url.port === "0") ctx.fault(path, "names port 0", "give a port from 1 to 65535, or none for 443");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!isHost(host)) ctx.fault(path, `"${host}" is not a host name`, "give a DNS name or an IP address");
  const range = isIP(host) === 0 ? undefined : ipaddr.parse(host).range();
  if (range === "unspecified" || range === "linkLocal" || range === "multicast" || range === "broadcast")
    ctx.fault(path, `"${host}" is no address of a server (${UNUSABLE[range]})`, "give the server's own address or name");
  return { host, port: url.port === "" ? 443 : Number(url.port), path: url.pathname };
}

const UNUSABLE = {
  unspecified: "it stands for every address of a machine",
  linkLocal: "it is link-local, as cloud metadata services are",
  multicast: "it is a multicast group",
  broadcast: "it is the broadcast address",
} as const;

/** True for an IP address or a DNS name in lower case without a trailing dot. */
export function isHost(host: string): boolean {
  return (
    isIP(host) !== 0 || (host.length <= 253 && /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/.test(host))
  );
}

/** True for names and addresses of this machine itself. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare.endsWith(".localhost") || (isIP(bare) !== 0 && ipaddr.parse(bare).range() === "loopback");
}
