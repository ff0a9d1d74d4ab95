import { ENVOY } from "./envoy.ts";
import type { Reason } from "./reason.ts";

/** Reasons for the plans of Google Cloud alone. */
export const GCP: readonly Reason[] = [
  ...ENVOY,
  {
    pattern: /(^|\.)(displayName|description|summary|operationId)$/,
    operator: /^(change a text|remove|blank a text)$/,
    reason: "a text for people, or what an operation is called in Endpoints' lists; no request and no rule is judged by it",
  },
  {
    type: /^gcp:monitoring\/dashboard:/,
    reason: "a picture of what is measured elsewhere; the alarms have queries of their own",
  },
  {
    type: /^gcp:compute\/securityPolicy:/,
    pattern: /^rules\.\[\]\.priority$/,
    operator: /^lower a number to nothing$/,
    reason:
      "the rule is judged before all others, as the first one is anyway; that denials come before what admits and that no two rules have one priority is read",
  },
];
