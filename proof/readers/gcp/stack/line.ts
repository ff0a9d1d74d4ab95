import { type Grammar, is, object, text, where } from "../../grammar.ts";
import type { Place, Role, Roles } from "./roles.ts";

const LABELS = { labels: where(() => true, "labels") };
const CONTROL = "backend.onPremises";

type Fields = Readonly<Record<string, Grammar>>;

/** The line to on-premises backends where the stack makes it: a router that speaks BGP, and an HA VPN or a VLAN attachment it speaks over. */
export function lineRoles(place: Place): Roles {
  const { network } = place.model.gcp;
  if (network === undefined || network.line === "existing") return {};
  const { line } = network;
  return "vpn" in line ? vpnRoles(place, network.vpc, line.vpn) : attachmentRoles(place, network.vpc, line.interconnect);
}

const role = (kind: string, fields: Fields): Role => ({
  type: `gcp:compute/${kind}`,
  needed: true,
  control: CONTROL,
  grammar: object(fields),
});

const own = ({ name, project }: Place, suffix: string): Fields => ({ name: is(`${name}-${suffix}`), project: is(project) });

/** What is in the gateway's region. */
const regional = (place: Place, suffix: string): Fields => ({ ...own(place, suffix), region: is(place.region) });

const router = (place: Place, vpc: string, asn: number): Role =>
  role("router:Router", { ...regional(place, "router"), network: is(vpc), bgp: is({ asn }) });

type Line<Kind extends string> = Extract<NonNullable<Place["model"]["gcp"]["network"]>["line"], Readonly<Record<Kind, unknown>>>;

function vpnRoles(place: Place, vpc: string, vpn: Line<"vpn">["vpn"]): Roles {
  const { name, output } = place;
  const roles: Record<string, Role> = {
    router: router(place, vpc, vpn.googleAsn),
    vpn: role("haVpnGateway:HaVpnGateway", { ...LABELS, ...regional(place, "vpn"), network: is(vpc) }),
    "vpn-peer": role("externalVpnGateway:ExternalVpnGateway", {
      ...LABELS,
      ...own(place, "vpn-peer"),
      redundancyType: is("SINGLE_IP_INTERNALLY_REDUNDANT"),
      interfaces: is([{ id: 0, ipAddress: vpn.peerAddress }]),
    }),
  };
  // Both interfaces of the gateway, which are in different parts of Google's network, reach the one device.
  for (const end of [0, 1]) {
    roles[`vpn-tunnel-${end}`] = role("vPNTunnel:VPNTunnel", {
      ...LABELS,
      ...regional(place, `vpn-tunnel-${end}`),
      vpnGateway: is(output("vpn", "id")),
      vpnGatewayInterface: is(end),
      peerExternalGateway: is(output("vpn-peer", "id")),
      peerExternalGatewayInterface: is(0),
      router: is(output("router", "id")),
      // The stack's secret; that it stands as one is read with all secrets.
      sharedSecret: text(),
      ikeVersion: is(2),
    });
    // Addresses of one tunnel's two ends: a network of four, link-local, of which the first is Google's.
    roles[`vpn-interface-${end}`] = role("routerInterface:RouterInterface", {
      ...regional(place, `vpn-interface-${end}`),
      router: is(`${name}-router`),
      vpnTunnel: is(`${name}-vpn-tunnel-${end}`),
      ipRange: is(`169.254.${end}.1/30`),
    });
    roles[`vpn-session-${end}`] = session(place, `vpn-session-${end}`, `vpn-interface-${end}`, vpn.peerAsn, `169.254.${end}.2`);
  }
  return roles;
}

function attachmentRoles(
  place: Place,
  vpc: string,
  { interconnect, vlan, peerAsn, googleAsn }: Line<"interconnect">["interconnect"],
): Roles {
  const { name, output } = place;
  return {
    router: router(place, vpc, googleAsn),
    attachment: role("interconnectAttachment:InterconnectAttachment", {
      ...LABELS,
      ...regional(place, "attachment"),
      type: is("DEDICATED"),
      interconnect: is(interconnect),
      router: is(output("router", "id")),
      vlanTag8021q: is(vlan),
    }),
    // Google chooses the addresses of both ends.
    "attachment-interface": role("routerInterface:RouterInterface", {
      ...regional(place, "attachment-interface"),
      router: is(`${name}-router`),
      interconnectAttachment: is(output("attachment", "selfLink")),
      ipRange: is(output("attachment", "cloudRouterIpAddress")),
    }),
    "attachment-session": session(
      place,
      "attachment-session",
      "attachment-interface",
      peerAsn,
      output("attachment", "customerRouterIpAddress"),
    ),
  };
}

/** A session of BGP with the device on premises. */
const session = (place: Place, suffix: string, port: string, peerAsn: number, peerIpAddress: string): Role =>
  role("routerPeer:RouterPeer", {
    ...regional(place, suffix),
    router: is(`${place.name}-router`),
    interface: is(`${place.name}-${port}`),
    peerAsn: is(peerAsn),
    peerIpAddress: is(peerIpAddress),
  });
