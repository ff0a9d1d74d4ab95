import type { ControlId } from "../../components/backends/controls.ts";
import type { GatewayModel, Route } from "../../components/spec/model.ts";
import { failed, type Probe, passed } from "../probe.ts";

const matchControl = (route: Route): ControlId => (route.grpc ? "route.grpc" : `route.${route.path.kind}`);

/** Every route answers a client that has everything it asks for. */
export function routeProbes(model: GatewayModel): Probe[] {
  return model.routes.map((route) => ({
    id: `route.reached@${route.name}`,
    control: matchControl(route),
    title: `${route.methods[0]} ${route.path.text} with everything it asks for reaches its backend`,
    attack: false,
    run: async (context) => {
      const { reached, detail } = await context.reach(route);
      return reached ? passed(detail) : failed(`expected an answer of the backend, got ${detail}`);
    },
  }));
}
