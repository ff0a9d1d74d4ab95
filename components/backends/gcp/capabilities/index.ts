import type { Capabilities } from "../../capabilities.ts";
import { ACCESS } from "./access.ts";
import { FRONT } from "./front.ts";
import { BACKENDS, OBSERVE, ROUTES } from "./routes.ts";

/** How Google Cloud keeps every control; the type finds the one that was forgotten. */
export const GCP_CAPABILITIES: Capabilities = { ...FRONT, ...ACCESS, ...ROUTES, ...BACKENDS, ...OBSERVE };
