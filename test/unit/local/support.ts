import type { GatewayModel } from "../../../components/spec/model.ts";
import { modelOf } from "../../support/live-gateway.ts";

/** The model of a small document that runs on this machine, with changes to its top level. */
export function localModel(changes: Record<string, unknown> = {}): Promise<GatewayModel> {
  return modelOf({
    name: "small",
    hostname: "api.test",
    tls: { certificate: { source: "internal" } },
    backends: { one: { url: "https://one.test" } },
    routes: { hello: { path: "/hello", methods: ["GET"], backend: "one", public: true } },
    ...changes,
  });
}
