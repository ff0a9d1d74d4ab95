import type { GatewayModel, Method, Retries, Route } from "../../../spec/model.ts";
import { assigning, expression, literal, literals, statements, variable } from "./csharp.ts";
import { type Branch, choose, setVariable } from "./elements.ts";
import { type Profiles, targetId } from "./profiles.ts";
import { element, type PolicyNode } from "./xml.ts";

/** The way to the backend: time limits, repeated attempts, and the cap of requests at the same time. */

/** Set before the backend section, which holds one element only. */
export function forwardVariables(profiles: Profiles): PolicyNode[] {
  const timeouts = statements(
    "var timeout = 0;",
    profiles.select(({ timeoutMs }) => String(timeoutMs), "1", ...assigning("timeout")),
    "return timeout;",
  );
  // Only repeated attempts share their time.
  const repeated = profiles.model.routes.some(({ retries }) => retries !== undefined);
  return [setVariable("timeout", timeouts), ...(repeated ? [setVariable("started", expression("context.Elapsed.TotalMilliseconds"))] : [])];
}

/** The one element of the backend section. */
export function forward(profiles: Profiles): PolicyNode {
  const inner = byRetries(profiles);
  const [top, ...more] = choose(
    caps(profiles.model).map(({ targets, maxRequests }) => ({
      when: expression(`Array.IndexOf(${literals(targets)}, ${variable("target")}) >= 0`),
      steps: [element("limit-concurrency", { key: expression(variable("target")), "max-count": String(maxRequests) }, [inner])],
    })),
    [inner],
  );
  if (top === undefined || more.length > 0) throw new Error("the backend section holds exactly one element");
  return top;
}

/** Targets by the most requests they may have at the same time; a pool has the cap of its most restricted member. */
function caps(model: GatewayModel): { maxRequests: number; targets: string[] }[] {
  const { routes, backends } = model;
  const byCap = new Map<number, Set<string>>();
  for (const route of routes) {
    const limits = route.backends.flatMap(({ name }) => backends[name]?.circuitBreaker?.maxRequests ?? []);
    if (limits.length === 0) continue;
    const cap = Math.min(...limits);
    byCap.set(cap, (byCap.get(cap) ?? new Set()).add(targetId(model, route)));
  }
  return [...byCap].map(([maxRequests, targets]) => ({ maxRequests, targets: [...targets].sort() }));
}

function byRetries(profiles: Profiles): PolicyNode {
  const byId = new Map(profiles.representatives());
  const branches = profiles
    .arms(({ retries }) => JSON.stringify(retries ?? null))
    .flatMap(({ cases }): Branch[] => {
      const { retries } = byId.get(cases[0] as string) as Route;
      const when = expression(`Array.IndexOf(${literals(cases)}, ${variable("profile")}) >= 0`);
      return retries ? [{ when, steps: [retrying(retries)] }] : [];
    });
  return choose(branches, [once()])[0] as PolicyNode;
}

const LEFT = `((int)context.Variables["timeout"] - (context.Elapsed.TotalMilliseconds - (double)context.Variables["started"]))`;

const once = (): PolicyNode =>
  element("forward-request", {
    "timeout-ms": expression(`(int)context.Variables["timeout"]`),
    "follow-redirects": "false",
    "fail-on-error-status-code": "false",
  });

/** Every attempt gets what is left of the whole request's time, or less where one attempt has a limit of its own. */
function retrying(retries: Retries): PolicyNode {
  const left = retries.perTryTimeoutMs === undefined ? LEFT : `Math.Min(${retries.perTryTimeoutMs}, ${LEFT})`;
  return element(
    "retry",
    { condition: expression(failed(retries)), count: String(retries.attempts), interval: "1", "first-fast-retry": "true" },
    [
      element("forward-request", {
        "timeout-ms": expression(`(int)Math.Max(1, ${left})`),
        "follow-redirects": "false",
        "buffer-request-body": "true",
        "fail-on-error-status-code": "false",
      }),
    ],
  );
}

const IDEMPOTENT: readonly Method[] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];
const STATUSES = { connectFailure: [], unavailable: [503], gatewayError: [502, 503, 504] } as const;

/** True while another attempt is wanted: a failure of a declared kind, a method that may be repeated, and time left. */
function failed({ on, nonIdempotent }: Retries): string {
  const statuses = [...new Set(on.flatMap((kind): readonly number[] => STATUSES[kind]))].sort();
  const kinds = [
    ...statuses.map((status) => `(context.Response != null && context.Response.StatusCode == ${status})`),
    ...(on.includes("connectFailure") ? [lastError("BackendConnectionFailure")] : []),
    ...(on.includes("gatewayError") ? [lastError("Timeout")] : []),
  ];
  return [
    `(${kinds.join(" || ")})`,
    ...(nonIdempotent ? [] : [`Array.IndexOf(${literals(IDEMPOTENT)}, context.Request.Method) >= 0`]),
    `${LEFT} > 0`,
  ].join(" && ");
}

const lastError = (reason: string): string => `(context.LastError != null && context.LastError.Reason == ${literal(reason)})`;
