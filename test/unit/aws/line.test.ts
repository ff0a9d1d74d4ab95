import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { GatewayPlan } from "../../../automation/plan/plan.ts";
import { contentName } from "../../../components/backends/aws/build.ts";
import { assertAfter, planOf, resource, resources } from "../../support/plan.ts";
import { NETWORK, REGIONAL, text } from "./documents.ts";

const BACKEND = { network: { type: "onPremises", addresses: ["10.20.0.10"] } };

const withLine = (line: object): Promise<GatewayPlan> =>
  planOf(
    "aws",
    text(REGIONAL, {
      aws: { network: { ...NETWORK, routeTableIds: ["rtb-0123456789abcdef0"], line } },
      backends: { orders: BACKEND },
    }),
  );
const vpn = (more: object = {}) => withLine({ vpn: { customerGatewayAddress: "203.0.113.12", ...more } });
const directConnect = (more: object = {}) =>
  withLine({ directConnect: { connectionId: "dxcon-fg5678gh", vlan: 101, bgpAsn: 65_010, ...more } });

const CUSTOMER = "aws:ec2/customerGateway:CustomerGateway";
const INTERFACE = "aws:directconnect/privateVirtualInterface:PrivateVirtualInterface";

describe("AWS lines to on premises", () => {
  it("name the number of the other side in the field that has room for it", async () => {
    const customer = async (bgpAsn: number) => {
      const { inputs } = resource(await vpn({ bgpAsn }), CUSTOMER);
      return [inputs.bgpAsn, inputs.bgpAsnExtended];
    };
    assert.deepEqual(await customer(2_147_483_647), ["2147483647", undefined]);
    assert.deepEqual(await customer(2_147_483_648), [undefined, "2147483648"]);
    const virtual = async (bgpAsn: number) => {
      const { inputs } = resource(await directConnect({ bgpAsn }), INTERFACE);
      return [inputs.bgpAsn, inputs.bgpAsnLong];
    };
    assert.deepEqual(await virtual(2_147_483_646), [2_147_483_646, undefined]);
    assert.deepEqual(await virtual(4_200_000_000), [undefined, "4200000000"]);
  });

  it("come back by themselves after the other side was away", async () => {
    const { inputs } = resource(await vpn(), "aws:ec2/vpnConnection:VpnConnection");
    for (const tunnel of [1, 2])
      assert.deepEqual([inputs[`tunnel${tunnel}StartupAction`], inputs[`tunnel${tunnel}DpdTimeoutAction`]], ["start", "restart"]);
  });

  it("propagate the routes of Direct Connect only after its gateways are associated", async () => {
    const planned = await directConnect();
    const routes = resources(planned, "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation");
    assert.equal(routes.length, 1);
    for (const one of routes) assertAfter(planned, one, resource(planned, "aws:directconnect/gatewayAssociation:GatewayAssociation"));
  });
});

describe("AWS load balancers", () => {
  const addressTypes = async (bridge: string, address: string) => {
    const planned = await planOf(
      "aws",
      text(REGIONAL, {
        edge: "cdn",
        http: null,
        aws: { network: { ...NETWORK, bridge } },
        backends: { orders: { network: { type: "private", addresses: [address] }, ...(bridge === "nlb" ? { tls: null } : {}) } },
      }),
    );
    return resources(planned, "aws:lb/loadBalancer:LoadBalancer")
      .map(({ name, inputs }) => [name, inputs.ipAddressType])
      .sort();
  };

  it("have IPv6 where a target has it: AWS refuses the target group otherwise", async () => {
    assert.deepEqual(await addressTypes("alb", "2001:db8::10"), [["shop-balancer", "dualstack"]]);
    assert.deepEqual(await addressTypes("nlb", "2001:db8::10"), [["shop-network-balancer", "dualstack"]]);
    assert.deepEqual(await addressTypes("nlb-alb", "2001:db8::10"), [
      ["shop-balancer", "dualstack"],
      ["shop-network-balancer", undefined],
    ]);
    assert.deepEqual(await addressTypes("alb", "10.0.1.10"), [["shop-balancer", undefined]]);
  });

  it("and their target groups have names AWS takes, each another", () => {
    const long = "a-gateway-with-quite-a-long-name";
    const names = ["shop-orders", "shop-core_bank", "shop-core-bank", "internal-nlb", `${long}-orders`, `${long}-stock`].map((name) =>
      contentName(name, { port: 443 }),
    );
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^(?!internal-)[a-z0-9-]{1,23}-[0-9a-f]{8}$/);
  });
});
