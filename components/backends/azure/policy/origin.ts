import type { GatewayModel } from "../../../spec/model.ts";
import { expression, header, literal } from "./csharp.ts";
import { choose, deleteHeader } from "./elements.ts";
import type { PolicyNode } from "./xml.ts";

/** Which way in counts, where there is more than one. */

/** Header that the gateway's own Front Door overwrites on every request with a secret of the stack. */
export const ORIGIN_HEADER = "x-gateway-origin";

/** Named values that hold the identifier of the gateway's own Front Door, and the secret it writes into the header. */
export const frontDoorNamedValue = ({ name }: Pick<GatewayModel, "name">): string => `${name}-front-door-id`;
export const originSecretNamedValue = ({ name }: Pick<GatewayModel, "name">): string => `${name}-front-door-secret`;

/** Identifier of the gateway's self-hosted gateway. */
export const selfHostedGatewayId = ({ name }: Pick<GatewayModel, "name">): string => `${name}-on-premises`;

/**
 * Behind Front Door only its requests count: the identifier tells which Front Door it was, the secret that it was Front Door at all.
 * With a self-hosted gateway only it serves: two gateways would each count limits for themselves.
 */
export function locked(model: GatewayModel, refuse: (status: string) => PolicyNode[]): PolicyNode[] {
  const is = (name: string, namedValue: string) => `${header(name)} != "{{${namedValue}}}"`;
  const frontDoor =
    model.edge === "cdn"
      ? [
          ...choose([
            {
              when: expression(`${is("X-Azure-FDID", frontDoorNamedValue(model))} || ${is(ORIGIN_HEADER, originSecretNamedValue(model))}`),
              steps: refuse("403"),
            },
          ]),
          deleteHeader(ORIGIN_HEADER),
        ]
      : [];
  const gateway =
    model.azure.selfHostedGateway === undefined
      ? []
      : choose([{ when: expression(`context.Deployment.GatewayId != ${literal(selfHostedGatewayId(model))}`), steps: refuse("421") }]);
  return [...frontDoor, ...gateway];
}
