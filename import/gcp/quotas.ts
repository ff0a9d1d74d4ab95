import type { Draft } from "../draft.ts";
import type { Field } from "../reader.ts";

const WHAT = "a quota per consumer project";
const REMEDY = "say it as rateLimit with key: consumer, or in plans";

/** `x-google-management` and `x-google-quota`: requests per minute of each consumer, which is a rate limit with the key `consumer`. */
export class Quotas {
  readonly #limits = new Map<string, { requests: number; field: Field; used: boolean }>();

  constructor(root: Field) {
    const management = root.map("x-google-management");
    if (management === undefined) return;
    const metrics = new Map<string, Field[]>();
    for (const metric of management.maps("metrics")) {
      metric.leaveAll(["displayName", "valueType", "metricKind"], "operation", "how Google names and counts the metric", "nothing to do");
      const name = metric.at("name");
      const text = name?.text();
      if (name !== undefined && text !== undefined) metrics.set(text, [...(metrics.get(text) ?? []), name]);
    }
    for (const limit of management.map("quota")?.maps("limits") ?? []) {
      const metric = limit.text("metric") ?? "";
      const [unit, standard] = [limit.text("unit"), limit.map("values")?.number("STANDARD")];
      limit.leaveAll(["name", "displayName", "description"], "operation", "how Google names the limit", "nothing to do");
      if (unit === "1/min/{project}" && standard !== undefined && standard >= 1 && !this.#limits.has(metric) && metrics.has(metric))
        this.#limits.set(metric, { requests: Math.floor(standard), field: limit, used: false });
      else limit.leave("protection", WHAT, REMEDY);
    }
    for (const [name, fields] of metrics)
      if (!this.#limits.has(name)) for (const field of fields) field.leave("operation", "a metric without a limit", "nothing to do");
  }

  /** The limits of an operation; a cost other than one request each has no word in a document. */
  apply(operation: Field, route: Record<string, unknown>): void {
    const limits = (operation.map("x-google-quota")?.entries("metricCosts") ?? []).flatMap(([metric, cost]) => {
      const limit = this.#limits.get(metric);
      const each = cost.number();
      if (limit === undefined || each === undefined || each < 1) {
        cost.leave("protection", WHAT, REMEDY);
        return [];
      }
      limit.used = true;
      return { requests: Math.max(1, Math.floor(limit.requests / each)), per: "minute", key: "consumer" };
    });
    // Each route counts by itself where the metric counted all of them together.
    if (limits.length > 0) route.rateLimit = limits.length === 1 ? limits[0] : limits;
  }

  finish(draft: Draft): void {
    for (const { field, used } of this.#limits.values()) {
      if (!used) field.leave("protection", WHAT, REMEDY);
      else {
        field
          .at("metric")
          ?.leave(
            "protection",
            "the quota counted all its operations together; each route now counts by itself",
            "use plans for one limit over all routes",
          );
        draft.ask("consumers", "the client applications that get an API key, each with a name: { app: {} }; keys are made anew");
      }
    }
  }
}
