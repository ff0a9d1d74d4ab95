import type { GatewayModel } from "../../../spec/model.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { type JsonObject, typed } from "./values.ts";

/**
 * Passes the client's certificate on in the form of RFC 9440: its DER as a byte sequence of structured fields. Envoy itself only knows the
 * URL-encoded PEM, so the armour is taken off here.
 */
const SCRIPT = `
local function decoded(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

function envoy_on_request(handle)
  local ssl = handle:streamInfo():downstreamSslConnection()
  if ssl == nil or not ssl:peerCertificateValidated() then return end
  local pem = decoded(ssl:urlEncodedPemEncodedPeerCertificate())
  local body = pem:match("%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-(.-)%-%-%-%-%-END")
  if body ~= nil then handle:headers():replace("${IDENTITY.clientCertificate}", ":" .. body:gsub("%s", "") .. ":") end
end
`.trimStart();

export function clientCertificateFilter(model: GatewayModel): JsonObject[] {
  if (model.tls.clientValidation === undefined) return [];
  return [
    {
      name: FILTERS.clientCertificate,
      typed_config: typed("envoy.extensions.filters.http.lua.v3.Lua", { default_source_code: { inline_string: SCRIPT } }),
    },
  ];
}
