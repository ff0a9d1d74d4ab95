import type { GatewayModel } from "../../../spec/model.ts";
import { ADMIN_CLUSTER } from "./admin.ts";
import { FILES, inFolder, watchedFile } from "./layout.ts";
import type { RenderOptions } from "./materials.ts";
import { overloadManager } from "./overload.ts";
import { duration, type JsonObject } from "./values.ts";

/** What Envoy is started with; everything that changes with the document comes from watched files. */
export function bootstrap(model: GatewayModel, { folder }: RenderOptions): JsonObject {
  const adminSocket = { pipe: { path: inFolder(folder, FILES.adminSocket), mode: 0o600 } };
  return {
    node: { id: model.name, cluster: model.name },
    // Behind a socket only this user can open; `adminPort` shows two of its pages.
    admin: { address: adminSocket },
    dynamic_resources: { lds_config: watchedFile(folder, FILES.listeners), cds_config: watchedFile(folder, FILES.clusters) },
    static_resources: {
      clusters: [
        {
          name: ADMIN_CLUSTER,
          type: "STATIC",
          connect_timeout: duration(1000),
          load_assignment: { cluster_name: ADMIN_CLUSTER, endpoints: [{ lb_endpoints: [{ endpoint: { address: adminSocket } }] }] },
        },
      ],
    },
    overload_manager: overloadManager(model),
    layered_runtime: {
      layers: [
        {
          name: "gateway",
          static_layer: {
            // Lists of names become one expression, whose size says nothing about its cost: RE2 is linear.
            re2: { max_program_size: { error_level: 1_000_000, warn_level: 1_000_000 } },
          },
        },
      ],
    },
  };
}
