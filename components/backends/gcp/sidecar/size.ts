import type { GatewayModel } from "../../../spec/model.ts";
import { sidecarConfig } from "./config.ts";

/** Bytes of Envoy's configuration, with keys as long as Google's. */
export function sidecarSize(model: GatewayModel): number {
  const keys = Object.fromEntries(
    Object.values(model.consumers).map(({ name, keepPreviousKey }) => [
      name,
      ["x".repeat(39), ...(keepPreviousKey ? ["y".repeat(39)] : [])],
    ]),
  );
  return Buffer.byteLength(sidecarConfig(model, keys, { folder: "/etc/gateway" }));
}
