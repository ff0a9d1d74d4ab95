import type { ControlId } from "../../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../../components/spec/model.ts";
import type { Grammar } from "../../grammar.ts";
import type { Context as Internal } from "../../internal/context.ts";
import { caService } from "./ca-service.ts";

/** A resource a stack may have: its type, whether the document needs it, and what has to be in it. */
export interface Role {
  readonly type: string;
  readonly needed: boolean;
  readonly control: ControlId;
  readonly grammar: Grammar;
}

/** Roles by the name of the resource, without the gateway's own name before it. */
export type Roles = Readonly<Record<string, Role>>;

/** What the resources of a stack are called, and where they are. */
export interface Place {
  readonly model: GatewayModel;
  readonly name: string;
  readonly project: string;
  readonly region: string;
  /** The name of the service at Endpoints. */
  readonly endpoints: string;
  /** An output of another resource of the stack. */
  readonly output: (resource: string, output: string) => string;
  /** What is signed by the internal authority. */
  readonly internal: Internal;
  /** The gateway's own account, as bindings name it. */
  readonly member: string;
}

export function placeOf(model: GatewayModel): Place {
  const { name } = model;
  const project = String(model.gcp.project);
  const output = (resource: string, field: string) => `\${${name}-${resource}.${field}}`;
  return {
    model,
    name,
    project,
    region: String(model.gcp.region),
    endpoints: `${model.gcp.endpoints.name ?? name}.endpoints.${project}.cloud.goog`,
    output,
    internal: { model, ref: output, signer: caService({ model, ref: output }) },
    member: `serviceAccount:${output("identity", "email")}`,
  };
}

/** True where some backend is reached through the network. */
export const usesNetwork = ({ backends }: GatewayModel): boolean =>
  Object.values(backends).some(({ network }) => network.type !== "public");
