import type { GatewayModel } from "../../components/spec/model.ts";
import type { Probe } from "../probe.ts";
import { routeProbes } from "./routes.ts";

const FAMILIES: readonly ((model: GatewayModel) => Probe[])[] = [routeProbes];

/** Every probe a model asks for, in the order of the documentation. Pure: nothing is sent. */
export function allProbes(model: GatewayModel): Probe[] {
  const probes = FAMILIES.flatMap((family) => family(model));
  const ids = new Set<string>();
  for (const { id } of probes) {
    if (ids.has(id)) throw new Error(`two probes are called "${id}"`);
    ids.add(id);
  }
  return probes;
}
