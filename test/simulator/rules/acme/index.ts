import type { RuleSet } from "../../core/rule.ts";
import { certificate } from "./certificate.ts";
import { registration } from "./registration.ts";

export const ruleSet: RuleSet = {
  name: "acme",
  rules: [registration, certificate],
  functions: {},
  configure: ({ serverUrl }) =>
    serverUrl === undefined || /^https:\/\//.test(String(serverUrl)) ? undefined : `server_url: ${String(serverUrl)} is not an https URL`,
};
