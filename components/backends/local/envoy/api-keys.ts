import { digest } from "../../../digest.ts";
import type { GatewayModel, Route } from "../../../spec/model.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { SHA256 } from "./sha256.ts";
import { DISABLED, type JsonObject, typed } from "./values.ts";

/**
 * Finds the consumer of an API key; that a route needs one is judged by its requirement. A script does it, because Envoy's own filter is marked
 * as not covered by Envoy's threat model and would hold the keys in the open: here only their hashes are, and the time of looking one up says
 * nothing about the keys.
 */
export function apiKeyFilter(): JsonObject {
  return { name: FILTERS.apiKeys, typed_config: typed("envoy.extensions.filters.http.lua.v3.Lua") };
}

/**
 * The keys by their SHA-256: they are 256 random bits, so nothing slower is needed. They stand in the route table so that a withdrawn key is refused
 * at once, on connections that are open as well.
 */
export function acceptedKeys(header: string, keys: Readonly<Record<string, readonly string[]>>): JsonObject {
  const hashes = Object.entries(keys).flatMap(([consumer, accepted]) => accepted.map((key) => `["${digest(key)}"]="${consumer}"`));
  return typed("envoy.extensions.filters.http.lua.v3.LuaPerRoute", {
    source_code: { inline_string: script(header, hashes.sort()) },
  });
}

const script = (header: string, hashes: readonly string[]): string => `${SHA256}
local consumers = {${hashes.join(",")}}

function envoy_on_request(handle)
  local headers = handle:headers()
  local key = headers:get("${header}")
  if key == nil or #key > 128 then return end
  local consumer = consumers[sha256(key)]
  if consumer ~= nil then headers:replace("${IDENTITY.consumer}", consumer) end
end
`;

/** Routes that do not ask for a key do not look at it. */
export function routeApiKeys(route: Route): JsonObject | undefined {
  return asksForApiKey(route) ? undefined : DISABLED;
}

export function asksForApiKey({ requirement }: Route): boolean {
  return requirement.kind === "anyOf" && requirement.alternatives.some((alternative) => alternative.apiKey !== undefined);
}

/** True where some route asks for a key. */
export const usesApiKeys = (model: GatewayModel): boolean => model.apiKeys !== undefined;
