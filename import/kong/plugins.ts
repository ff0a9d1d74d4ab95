import { mergePatch } from "../../components/spec/overlay.ts";
import { show } from "../../components/spec/show.ts";
import type { Alternative, Callers, Draft } from "../draft.ts";
import type { Weight } from "../leftovers.ts";
import type { Field } from "../reader.ts";
import type { KongCredentials } from "./consumers.ts";
import { type Credentials, readKeyAuth, readKongJwt, readMtls, readOpenIdConnect } from "./credentials.ts";
import {
  readCorsPlugin,
  readIpRestriction,
  readRateLimiting,
  readRequestTransformer,
  readResponseTransformer,
  readSizeLimit,
} from "./traffic.ts";

/** What the plugins of one level do to its routes. A plugin of a nearer level replaces the same plugin of a farther one. */
export interface PluginEffects {
  /** Fields of the routes, by plugin. */
  readonly settings: ReadonlyMap<string, Record<string, unknown>>;
  readonly callers: ReadonlyMap<string, Credentials>;
}

export interface PluginSurroundings {
  readonly draft: Draft;
  readonly credentials: KongCredentials;
  readonly level: "gateway" | "service" | "route";
}

/** Reads the settings of a plugin; returns fields of a route. */
const SETTINGS: Readonly<Record<string, (config: Field | undefined, draft: Draft, plugin: Field) => Record<string, unknown>>> = {
  "rate-limiting": readRateLimiting,
  "ip-restriction": readIpRestriction,
  cors: readCorsPlugin,
  "request-size-limiting": readSizeLimit,
  "request-transformer": readRequestTransformer,
  "response-transformer": readResponseTransformer,
};

/** Reads a plugin that asks for a credential. */
const CREDENTIALS: Readonly<Record<string, (config: Field | undefined, around: PluginSurroundings, plugin: Field) => Credentials>> = {
  "key-auth": readKeyAuth,
  jwt: readKongJwt,
  "openid-connect": readOpenIdConnect,
  "mtls-auth": readMtls,
};

const OTHERS: Readonly<Record<string, readonly [Weight, string, string]>> = {
  "basic-auth": ["protection", "passwords in requests are not accepted", "say in require what replaces them"],
  "hmac-auth": ["protection", "signed requests are not offered", "say in require what replaces them"],
  "ldap-auth": ["protection", "passwords in requests are not accepted", "say in require what replaces them"],
  oauth2: ["protection", "Kong issued the tokens itself", "use an issuer of its own and declare it in jwt.providers"],
  acl: [
    "protection",
    "groups of consumers decide who may call",
    "put consumers on plans and name the plans in require: { apiKey: { plans: [...] } }",
  ],
  "bot-detection": ["protection", "clients are told apart by their User-Agent", "say waf: managed"],
  "rate-limiting-advanced": ["protection", "limits by a sliding window", "say rateLimit"],
  "request-validator": ["protection", "bodies are validated", "have the service validate them"],
  "request-termination": ["behaviour", "the gateway answers itself", "put a service behind the route"],
  "proxy-cache": ["behaviour", "answers are cached at the gateway", "have the service or a CDN cache"],
  "correlation-id": ["operation", "an identifier for every request", "x-request-id is always there"],
  prometheus: ["operation", "metrics", "see observability.metrics"],
  "http-log": ["operation", "logs", "see observability.accessLogs"],
  "file-log": ["operation", "logs", "see observability.accessLogs"],
  opentelemetry: ["operation", "traces", "see observability.tracing"],
  zipkin: ["operation", "traces", "see observability.tracing"],
};

const ASK_FOR = ["basic-auth", "hmac-auth", "ldap-auth", "oauth2"];

/** The plugins of one level. */
export function readPlugins(owner: Field, around: PluginSurroundings): PluginEffects {
  const effects = { settings: new Map<string, Record<string, unknown>>(), callers: new Map<string, Credentials>() };
  for (const plugin of owner.maps("plugins")) {
    const name = plugin.text("name") ?? "";
    plugin.leaveAll(
      ["id", "tags", "created_at", "updated_at", "instance_name", "ordering"],
      "operation",
      "bookkeeping of Kong",
      "nothing to do",
    );
    if (plugin.flag("enabled") === false) {
      plugin.leave("operation", "the plugin is switched off", "nothing to do");
      continue;
    }
    const scoped = around.level === "gateway" ? ["service", "route", "consumer", "consumer_group"] : ["consumer", "consumer_group"];
    if (scoped.some((key) => plugin.has(key))) {
      plugin.leave(
        "protection",
        `the plugin ${name} of one service, route or consumer, written apart from it`,
        "write it below its owner and import again",
      );
      continue;
    }
    for (const protocol of plugin.items("protocols")) protocol.text();
    const [settings, credential, other] = [SETTINGS[name], CREDENTIALS[name], OTHERS[name]];
    if (settings !== undefined) effects.settings.set(name, settings(plugin.map("config"), around.draft, plugin));
    else if (credential !== undefined) effects.callers.set(name, credential(plugin.map("config"), around, plugin));
    else if (other !== undefined) plugin.leave(...other);
    else plugin.leave("unknown", `the plugin ${show(name)} is not known`, "see what it does and say it in the document");
    if (ASK_FOR.includes(name)) effects.callers.set(name, "refused");
  }
  return effects;
}

/** Fields of a route, as the plugins of all levels make them. */
export function fieldsOf(levels: readonly PluginEffects[]): Record<string, unknown> {
  const plugins = new Map(levels.flatMap(({ settings }) => [...settings]));
  return [...plugins.values()].reduce<Record<string, unknown>>((all, one) => mergePatch(all, one) as Record<string, unknown>, {});
}

/** Every authentication plugin of a route must be satisfied. */
export function callersOf(levels: readonly PluginEffects[]): Callers {
  const plugins = new Map(levels.flatMap(({ callers }) => [...callers]));
  if (plugins.size === 0) return "unsaid";
  let all: Alternative[] = [{}];
  for (const asked of plugins.values()) {
    if (asked === "refused") return [];
    all = all.flatMap((one) => asked.map((other) => ({ ...one, ...other })));
  }
  return all;
}
