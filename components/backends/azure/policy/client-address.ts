import ipaddr from "ipaddr.js";
import type { AccessLists, GatewayModel } from "../../../spec/model.ts";
import { type Expression, header, literal, statements, variable } from "./csharp.ts";
import type { Profiles } from "./profiles.ts";
import { element, type PolicyNode } from "./xml.ts";

/** The client's address in its canonical form; empty when it cannot be read. `hops` proxies in front append to X-Forwarded-For. */
export function clientExpression(hops: number): Expression {
  const text =
    hops === 0
      ? "var t = context.Request.IpAddress;"
      : `var all = (${header("X-Forwarded-For")} + "," + context.Request.IpAddress).Split(','); var t = all[Math.Max(0, all.Length - ${hops + 1})].Trim();`;
  return statements(
    text,
    // IPv6 in brackets, and addresses with the port some proxies add.
    `if (t.StartsWith("[", StringComparison.Ordinal)) { t = t.Substring(1, Math.Max(0, t.IndexOf(']') - 1)); }`,
    `if (t.Contains(".") && t.LastIndexOf(':') > t.LastIndexOf('.')) { t = t.Substring(0, t.LastIndexOf(':')); }`,
    `IPAddress a; if (!IPAddress.TryParse(t, out a)) { return ""; }`,
    // An IPv4 client that comes in IPv6 form is the same client.
    "var b = a.GetAddressBytes();",
    `return b.Length == 16 && BitConverter.ToString(b, 0, 12) == "00-00-00-00-00-00-00-00-00-00-FF-FF" ? b[12] + "." + b[13] + "." + b[14] + "." + b[15] : a.ToString();`,
  );
}

/** What a client is counted by: the address, or the /64 an IPv6 client can choose addresses from. */
export const clientKeyExpression = (): Expression =>
  statements(
    `if (${variable("client")} == "") { return ""; } var b = IPAddress.Parse(${variable("client")}).GetAddressBytes();`,
    `return BitConverter.ToString(b, 0, b.Length == 16 ? 8 : 4);`,
  );

/** Proxies between the client and the service: the document's, and Front Door. */
export const hopsOf = (model: GatewayModel): number => model.clientIp.trustedHops + (model.edge === "cdn" ? 1 : 0);

/** True when API Management's own filter sees the client and knows the blocks: it compares IPv4 addresses of the peer. */
const filterable = (model: GatewayModel): boolean =>
  hopsOf(model) === 0 && [...model.access.allowCidrs, ...model.access.denyCidrs].every((block) => !block.includes(":"));

/** The gateway's own lists by the platform's filter, deny before allow. */
export function ipFilters(model: GatewayModel): PolicyNode[] {
  if (!filterable(model)) return [];
  const filter = (action: string, blocks: readonly string[]) =>
    blocks.length === 0 ? [] : [element("ip-filter", { action }, [...blocks.filter(isAddress), ...blocks.filter(isNotAddress)].map(range))];
  return [...filter("forbid", model.access.denyCidrs), ...filter("allow", model.access.allowCidrs)];
}

/** The reference wants single addresses before ranges. */
const isAddress = (block: string): boolean => block.endsWith("/32");
const isNotAddress = (block: string): boolean => !isAddress(block);

function range(block: string): PolicyNode {
  const [address, bits] = ipaddr.IPv4.parseCIDR(block);
  if (bits === 32) return element("address", {}, address.toString());
  const text = `${address.toString()}/${bits}`;
  return element("address-range", {
    from: ipaddr.IPv4.networkAddressFromCIDR(text).toString(),
    to: ipaddr.IPv4.broadcastAddressFromCIDR(text).toString(),
  });
}

const listed = ({ allowCidrs, denyCidrs }: AccessLists): boolean => allowCidrs.length + denyCidrs.length > 0;

/** 403 when the gateway's lists keep the client out; undefined where the platform's filter does it or there is nothing to check. */
export function gatewayAccessExpression(model: GatewayModel): Expression | undefined {
  if (!listed(model.access) || filterable(model)) return undefined;
  return statements(`var deny = ${blocks(model.access.denyCidrs)}; var allow = ${blocks(model.access.allowCidrs)};`, ...JUDGE);
}

/** 403 when the route's own lists keep the client out; undefined when no route has any. */
export function routeAccessExpression(profiles: Profiles): Expression | undefined {
  if (!profiles.model.routes.some(({ access }) => listed(access))) return undefined;
  return statements(
    `var deny = ""; var allow = "";`,
    profiles.select(
      ({ access }) => `deny = ${blocks(access.denyCidrs)}; allow = ${blocks(access.allowCidrs)};`,
      `deny = ""; allow = "";`,
      (result) => result,
      " break;",
    ),
    ...JUDGE,
  );
}

/** Blocks as `hexadecimal address/bits`, IPv4 in its IPv6 form, so that one comparison serves both. */
const blocks = (cidrs: readonly string[]): string =>
  literal(
    cidrs
      .map((cidr) => {
        const [address, bits] = ipaddr.parseCIDR(cidr);
        const v6 = address.kind() === "ipv4" ? (address as ipaddr.IPv4).toIPv4MappedAddress() : (address as ipaddr.IPv6);
        return `${Buffer.from(v6.toByteArray()).toString("hex")}/${address.kind() === "ipv4" ? bits + 96 : bits}`;
      })
      .join(","),
  );

/** Deny first, then allow; bit by bit. */
const JUDGE: readonly string[] = [
  `var b = IPAddress.Parse(${variable("client")}).GetAddressBytes();`,
  `var h = BitConverter.ToString(b).Replace("-", "").ToLowerInvariant(); if (b.Length == 4) { h = "00000000000000000000ffff" + h; }`,
  "foreach (var list in new string[] { deny, allow }) { var inside = false;",
  `foreach (var block in list.Split(',')) { if (block == "") { continue; }`,
  "var bits = int.Parse(block.Substring(33)); var same = block.Substring(0, bits / 4) == h.Substring(0, bits / 4);",
  "if (same && bits % 4 > 0) { var shift = 4 - bits % 4; same = Convert.ToInt32(block.Substring(bits / 4, 1), 16) >> shift == Convert.ToInt32(h.Substring(bits / 4, 1), 16) >> shift; }",
  "if (same) { inside = true; } }",
  `if (list == deny && list != "" && inside) { return "403"; }`,
  `if (list == allow && list != "" && !inside) { return "403"; }`,
  "}",
  `return "";`,
];
