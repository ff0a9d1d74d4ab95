import type { Rule } from "../rule.ts";
import * as api from "./api.ts";
import * as edge from "./edge.ts";
import * as platform from "./platform.ts";

/** Rules for Amazon Web Services. */
export const awsRules: readonly Rule[] = [api, edge, platform].flatMap((module) => Object.values(module));
