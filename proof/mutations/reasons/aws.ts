import type { Reason } from "./reason.ts";

/** Reasons for the plans of AWS alone. */
export const AWS: readonly Reason[] = [
  {
    pattern: /(^|\.)(description|comment|alarmDescription)$/,
    operator: /^(remove|change a text|blank a text)$/,
    reason: "words for people in a console; no service of AWS reads them",
  },
  {
    type: /restApi:RestApi$/,
    pattern: /gateway-responses\.DEFAULT_[45]XX\.responseTemplates\..*\.title$/,
    operator: /^change a text$/,
    reason: "the words of answers AWS may add one day; programs read the status and the type",
  },
  {
    type: /^aws:cloudwatch\/dashboard:Dashboard$/,
    pattern: /^dashboardBody\.\(inside\)\./,
    reason: "a picture of numbers that alarms watch elsewhere",
  },
];
