import type { Draft } from "../draft.ts";
import type { Field } from "../reader.ts";

const PERIODS: Readonly<Record<number, string>> = { 1: "second", 60: "minute", 3600: "hour" };
const CALENDAR: Readonly<Record<number, string>> = { 86400: "day", 604800: "week", 2592000: "month" };

const count = (text: string | undefined) => (text !== undefined && /^[1-9][0-9]{0,7}$/.test(text) ? Number(text) : undefined);

/** What the usual expressions of `counter-key` count apart. */
function keyOf(expression: string): string | undefined {
  const plain = expression.replace(/[\s?]/g, "");
  if (plain === "@(context.Request.IpAddress)") return "clientIp";
  if (/^@\(context\.Subscription\.(Id|Key)\)$/.test(plain)) return "consumer";
  return undefined;
}

/** `rate-limit` counts each subscription, `rate-limit-by-key` what its key says. */
export function readLimit(policy: Field, draft: Draft): void {
  const requests = count(policy.text("@calls"));
  const per = PERIODS[Number(policy.text("@renewal-period"))];
  const written = policy.text("@counter-key");
  const key = written === undefined ? "consumer" : keyOf(written);
  policy.leaveAll(
    [
      "@retry-after-header-name",
      "@retry-after-variable-name",
      "@remaining-calls-header-name",
      "@remaining-calls-variable-name",
      "@total-calls-header-name",
    ],
    "behaviour",
    "headers about what is left of a limit",
    "the answer above a limit is 429 with Retry-After",
  );
  policy.leaveAll(["api"], "protection", "limits of single APIs and operations", "say rateLimit of the routes");
  policy.leaveAll(["@increment-condition", "@increment-count"], "behaviour", "only some requests count", "every request counts");
  if (requests === undefined || per === undefined || key === undefined) {
    policy.leave(
      "protection",
      "a rate limit with another period or key than a document has",
      "say rateLimit with per second, minute or hour",
    );
    return;
  }
  if (key === "consumer") askConsumers(draft);
  const limit = { requests, per, key };
  const before = draft.fields.rateLimit;
  draft.fields.rateLimit = before === undefined ? limit : [...(Array.isArray(before) ? before : [before]), limit];
}

/** `quota` of a subscription: a plan, and consumers on it. */
export function readQuota(policy: Field, draft: Draft): void {
  const requests = count(policy.text("@calls"));
  const per = CALENDAR[Number(policy.text("@renewal-period"))];
  policy.leaveAll(["@bandwidth"], "protection", "a quota of bytes", "say quota in requests");
  policy.leaveAll(["api"], "protection", "quotas of single APIs and operations", "say quota in plans");
  if (requests === undefined || per === undefined) {
    policy.leave("protection", "a quota with another period than a document has", "say quota in plans per day, week or month");
    return;
  }
  draft.plans.set("subscription", { quota: { requests, per } });
  askConsumers(draft);
}

const askConsumers = (draft: Draft) =>
  draft.ask(
    "consumers",
    "the client applications that get an API key, each with a name and where there are plans its plan; keys are made anew",
  );
