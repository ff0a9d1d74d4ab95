import { ExternalVpnGateway } from "@pulumi/gcp/compute/externalVpnGateway.js";
import { HaVpnGateway } from "@pulumi/gcp/compute/haVpnGateway.js";
import { InterconnectAttachment } from "@pulumi/gcp/compute/interconnectAttachment.js";
import { Router } from "@pulumi/gcp/compute/router.js";
import { RouterInterface } from "@pulumi/gcp/compute/routerInterface.js";
import { RouterPeer } from "@pulumi/gcp/compute/routerPeer.js";
import { VPNTunnel } from "@pulumi/gcp/compute/vpntunnel.js";
import type { GatewayModel } from "../../spec/model.ts";
import type { GcpBuild } from "./build.ts";

type Line = NonNullable<GatewayModel["gcp"]["network"]>["line"];
type Vpn = Extract<Line, { vpn: unknown }>["vpn"];
type Interconnect = Extract<Line, { interconnect: unknown }>["interconnect"];

/** The line to on-premises backends, where this stack makes it; says what it is. */
export function lineOnPremises(b: GcpBuild): string {
  const { network } = b.model.gcp;
  if (network === undefined || network.line === "existing") return "an existing line";
  if ("vpn" in network.line) {
    vpn(b, network.vpc, network.line.vpn);
    return "an HA VPN";
  }
  interconnect(b, network.vpc, network.line.interconnect);
  return "a Dedicated Interconnect";
}

/** Link-local addresses of a tunnel's two ends. */
const LINKS = [
  { ours: "169.254.0.1/30", theirs: "169.254.0.2" },
  { ours: "169.254.1.1/30", theirs: "169.254.1.2" },
] as const;

/** Two tunnels from both interfaces of the gateway to the one address of the device. */
function vpn(b: GcpBuild, network: string, settings: Vpn): void {
  const router = cloudRouter(b, network, settings.googleAsn);
  const gateway = new HaVpnGateway(`${b.name}-vpn`, { ...b.labelled("vpn"), region: b.region, network }, b.opts());
  const peer = new ExternalVpnGateway(
    `${b.name}-vpn-peer`,
    {
      ...b.labelled("vpn-peer"),
      redundancyType: "SINGLE_IP_INTERNALLY_REDUNDANT",
      interfaces: [{ id: 0, ipAddress: settings.peerAddress }],
    },
    b.opts(),
  );
  const sharedSecret = b.secrets.get(settings.sharedSecret);
  LINKS.forEach((link, index) => {
    const tunnel = new VPNTunnel(
      `${b.name}-vpn-tunnel-${index}`,
      {
        ...b.labelled(`vpn-tunnel-${index}`),
        region: b.region,
        vpnGateway: gateway.id,
        vpnGatewayInterface: index,
        peerExternalGateway: peer.id,
        peerExternalGatewayInterface: 0,
        router: router.id,
        sharedSecret,
        ikeVersion: 2,
      },
      b.opts(),
    );
    const port = new RouterInterface(
      `${b.name}-vpn-interface-${index}`,
      { ...b.called(`vpn-interface-${index}`), region: b.region, router: router.name, ipRange: link.ours, vpnTunnel: tunnel.name },
      b.opts(),
    );
    const session = new RouterPeer(
      `${b.name}-vpn-session-${index}`,
      {
        ...b.called(`vpn-session-${index}`),
        region: b.region,
        router: router.name,
        interface: port.name,
        peerAsn: settings.peerAsn,
        peerIpAddress: link.theirs,
      },
      b.opts(),
    );
    b.enforced.note(session, "backend.onPremises");
  });
}

function interconnect(b: GcpBuild, network: string, settings: Interconnect): void {
  const router = cloudRouter(b, network, settings.googleAsn);
  const attachment = new InterconnectAttachment(
    `${b.name}-attachment`,
    {
      ...b.labelled("attachment"),
      region: b.region,
      type: "DEDICATED",
      interconnect: settings.interconnect,
      router: router.id,
      vlanTag8021q: settings.vlan,
    },
    b.opts(),
  );
  const port = new RouterInterface(
    `${b.name}-attachment-interface`,
    {
      ...b.called("attachment-interface"),
      region: b.region,
      router: router.name,
      ipRange: attachment.cloudRouterIpAddress,
      interconnectAttachment: attachment.selfLink,
    },
    b.opts(),
  );
  const session = new RouterPeer(
    `${b.name}-attachment-session`,
    {
      ...b.called("attachment-session"),
      region: b.region,
      router: router.name,
      interface: port.name,
      peerAsn: settings.peerAsn,
      peerIpAddress: attachment.customerRouterIpAddress.apply((address) => address.split("/")[0] ?? ""),
    },
    b.opts(),
  );
  b.enforced.note(session, "backend.onPremises");
}

const cloudRouter = (b: GcpBuild, network: string, asn: number): Router =>
  new Router(`${b.name}-router`, { ...b.called("router"), region: b.region, network, bgp: { asn } }, b.opts());
