import type { Rule } from "../rule.ts";
import * as frontDoor from "./front-door.ts";
import * as platform from "./platform.ts";

/** Rules for Google Cloud. */
export const gcpRules: readonly Rule[] = [frontDoor, platform].flatMap((module) => Object.values(module));
