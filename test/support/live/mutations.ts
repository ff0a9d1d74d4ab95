import type { ControlId } from "../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { ACCESS } from "./mutations/access.ts";
import { BACKENDS } from "./mutations/backends.ts";
import { type Mutation, OpenConfig, type RenderedConfig } from "./mutations/config.ts";
import { FRONT } from "./mutations/front.ts";
import { ROUTES } from "./mutations/routes.ts";

/**
 * Takes single controls out of a rendered configuration, so that tests can show that somebody notices.
 *
 * Use: `removeControl({ bootstrap: renderBootstrap(...), files: renderFiles(...) }, control, model)` gives the configuration without the part
 * that keeps `control`; Envoy still accepts it. A control the model does not ask for, so that nothing would change, is an error: a proof
 * that changed nothing would prove nothing. `startGateway` takes the same as `tamper`, and `LiveGateway.tamper` changes it while Envoy runs;
 * `ddos.standard` alone also changes the bootstrap, which Envoy reads at its start only.
 */
export function removeControl(config: RenderedConfig, control: RemovableControl, model: GatewayModel): RenderedConfig {
  const open = new OpenConfig(config, model);
  const before = JSON.stringify(open.text);
  (MUTATIONS[control] as Mutation)(open);
  const after = open.text;
  if (JSON.stringify(after) === before) throw new Error(`nothing in this configuration keeps the control ${control}`);
  return after;
}

const MUTATIONS = { ...FRONT, ...ACCESS, ...ROUTES, ...BACKENDS } as const satisfies Partial<Record<ControlId, Mutation>>;

/** Controls a local gateway has a part for; the others are refused. */
export type RemovableControl = keyof typeof MUTATIONS;

export const REMOVABLE = Object.keys(MUTATIONS) as RemovableControl[];

export type { RenderedConfig } from "./mutations/config.ts";
