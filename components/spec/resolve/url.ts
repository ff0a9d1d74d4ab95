import { isIP } from "node:net";
import type { PathPart } from "../faults.ts";
import type { ResolveContext } from "./context.ts";

/** Parts of an https URL; undefined after a fault. */
export function parseHttpsUrl(
  text: string,
  path: readonly PathPart[],
  ctx: ResolveContext,
): { host: string; port: number; path: string } | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    ctx.fault(path, `"${text.slice(0, 60)}" is not a URL`, "give https://host[:port][/path]");
    return undefined;
  }
  if (url.protocol === "http:")
    ctx.fault(
      path,
      "plain HTTP is not spoken to backends or key servers",
      `use https://${url.host}; a service without TLS of its own needs a TLS proxy or sidecar next to it`,
    );
  else if (url.protocol !== "https:")
    ctx.fault(path, `the scheme "${url.protocol.slice(0, -1)}" is not spoken`, "use https:// (also for gRPC, with protocol: grpc)");
  if (url.username !== "" || url.password !== "")
    ctx.fault(path, "holds a user name or password", "remove it; credentials never stand in a URL");
  if (url.hash !== "") ctx.fault(path, "has a fragment (#…)", "remove it");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!isIP(host) && !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host))
    ctx.fault(path, `"${host}" is not a host name`, "give a DNS name or an IP address");
  return { host, port: url.port === "" ? 443 : Number(url.port), path: url.pathname };
}
