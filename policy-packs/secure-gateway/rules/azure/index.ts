import type { Rule } from "../rule.ts";
import * as apiManagement from "./api-management.ts";
import * as edge from "./edge.ts";
import * as policyDocument from "./policy-document.ts";

/** Rules for Microsoft Azure. */
export const azureRules: readonly Rule[] = [apiManagement, policyDocument, edge].flatMap((module) => Object.values(module));
