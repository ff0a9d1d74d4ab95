import { show } from "../../components/spec/show.ts";
import { corsOf } from "../cors.ts";
import type { Draft } from "../draft.ts";
import type { Field } from "../reader.ts";
import { headerOf, headerPair, readCidrs } from "../values.ts";

type Fields = Record<string, unknown>;

const PERIODS = ["second", "minute", "hour"] as const;

export function readRateLimiting(config: Field | undefined, _draft: Draft, plugin: Field): Fields {
  if (config === undefined) return {};
  const by = config.text("limit_by") ?? "consumer";
  const header = headerOf(config.text("header_name") ?? "");
  const key =
    by === "ip"
      ? "clientIp"
      : by === "service"
        ? "gateway"
        : by === "header" && header !== undefined
          ? `header:${header}`
          : by === "consumer" || by === "credential"
            ? "consumer"
            : undefined;
  const limits = PERIODS.flatMap((per) => {
    const requests = config.number(per);
    return requests === undefined || requests < 1 ? [] : { requests: Math.floor(requests), per, key };
  });
  plugin.remark(
    "protection",
    "each route of the document counts by itself, where one limit counted several together",
    "say rateLimit of the gateway, or plans, for one limit over all routes",
  );
  config.leaveAll(["day", "month", "year"], "protection", "a limit per day, month or year", "say quota in plans and put consumers on them");
  config.leaveAll(
    [
      "policy",
      "fault_tolerant",
      "redis",
      "redis_host",
      "redis_port",
      "redis_password",
      "redis_database",
      "redis_timeout",
      "sync_rate",
      "hide_client_headers",
      "error_code",
      "error_message",
    ],
    "operation",
    "how Kong counts and answers",
    "the answer above a limit is 429 with Retry-After",
  );
  config.leaveAll(["path"], "behaviour", "only one path is counted", "say rateLimit of its route");
  if (key === undefined) {
    plugin.leave("protection", `requests are counted apart by ${show(by)}`, "say rateLimit with the key you mean");
    return {};
  }
  return limits.length === 0 ? {} : { rateLimit: limits.length === 1 ? limits[0] : limits };
}

export function readIpRestriction(config: Field | undefined): Fields {
  if (config === undefined) return {};
  config.leaveAll(["status", "message"], "operation", "the answer to refused addresses", "it is 403");
  const [allow, deny] = [readCidrs(config, "allow"), readCidrs(config, "deny")];
  const access = { ...(allow.length > 0 ? { allowCidrs: allow } : {}), ...(deny.length > 0 ? { denyCidrs: deny } : {}) };
  return Object.keys(access).length > 0 ? { access } : {};
}

export function readCorsPlugin(config: Field | undefined): Fields {
  if (config === undefined) return { cors: { allowAnyOrigin: true } };
  if (config.flag("preflight_continue") === true)
    config.at("preflight_continue")?.leave("behaviour", "preflights reach the backend", "the gateway answers them");
  config.leaveAll(["private_network"], "behaviour", "requests from public into private networks are allowed", "nothing to do");
  return {
    cors: corsOf({
      origins: config.items("origins"),
      methods: config.items("methods"),
      headers: config.items("headers"),
      expose: config.items("exposed_headers"),
      credentials: config.flag("credentials"),
      maxAgeSeconds: config.number("max_age"),
    }),
  };
}

const SIZES: Readonly<Record<string, string>> = { megabytes: "MiB", kilobytes: "KiB", bytes: "B" };

export function readSizeLimit(config: Field | undefined, _draft: Draft, plugin: Field): Fields {
  const size = config?.number("allowed_payload_size") ?? 128;
  const unit = SIZES[config?.text("size_unit") ?? "megabytes"];
  config?.leaveAll(["require_content_length"], "behaviour", "requests must say their length", "a body is measured as it comes");
  if (unit !== undefined && Number.isInteger(size)) return { bodyLimit: `${size}${unit}` };
  plugin.leave("protection", "the largest body", "say limits.body");
  return {};
}

export const readRequestTransformer = (config: Field | undefined): Fields => transformer(config, "request");
export const readResponseTransformer = (config: Field | undefined): Fields => transformer(config, "response");

/** Kong's add leaves a header that is there alone; replace changes only one that is there; append adds. */
function transformer(config: Field | undefined, way: "request" | "response"): Fields {
  const rules: Record<string, unknown> = {};
  for (const [action, owner] of config?.entries() ?? []) {
    for (const [part, list] of owner.entries()) {
      if (part !== "headers" || !["add", "append", "replace", "remove"].includes(action)) {
        list.leave("behaviour", "bodies, queries or addresses are changed", "have the service do it");
        continue;
      }
      for (const item of list.items()) {
        const text = item.text() ?? "";
        const [name = "", value = ""] = action === "remove" ? [text] : text.split(/:(.*)/s);
        if (value.includes("$(")) {
          item.leave("behaviour", "a header with a computed value", "have the service compute it");
          continue;
        }
        const pair = headerPair(item, name.trim(), value.trim());
        if (action === "remove") rules.remove = [...((rules.remove as string[] | undefined) ?? []), ...Object.keys(pair)];
        else if (action === "append") rules.add = { ...(rules.add as object | undefined), ...pair };
        else {
          rules.set = { ...(rules.set as object | undefined), ...pair };
          item.leave(
            "behaviour",
            action === "add" ? "set only where it was missing; now it is always set" : "set only where it was there; now it is always set",
            "see headers of the route",
          );
        }
      }
    }
  }
  return Object.keys(rules).length > 0 ? { headers: { [way]: rules } } : {};
}
