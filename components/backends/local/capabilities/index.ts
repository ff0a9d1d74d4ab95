import type { Capabilities } from "../../capabilities.ts";
import { ACCESS } from "./access.ts";
import { FRONT } from "./front.ts";
import { BACKENDS, OBSERVE, ROUTES } from "./routes.ts";

/** How the local Envoy keeps every control. */
export const LOCAL_CAPABILITIES: Capabilities = { ...FRONT, ...ACCESS, ...ROUTES, ...BACKENDS, ...OBSERVE };
