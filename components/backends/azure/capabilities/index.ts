import type { Capabilities } from "../../capabilities.ts";
import { ACCESS } from "./access.ts";
import { FRONT } from "./front.ts";
import { LIMITS } from "./limits.ts";
import { BACKENDS, OBSERVE, ROUTES } from "./routes.ts";

/** How Azure keeps every control on every tier; the type finds the one that was forgotten. */
export const AZURE_CAPABILITIES: Capabilities = { ...FRONT, ...ACCESS, ...LIMITS, ...ROUTES, ...BACKENDS, ...OBSERVE };
