import type { GatewayModel } from "../../../spec/model.ts";
import { accessFilter, routeAccessFilter } from "./access.ts";
import { apiKeyFilter, usesApiKeys } from "./api-keys.ts";
import { bodyFilters } from "./body.ts";
import { clientCertificateFilter } from "./client-certificate.ts";
import { corsFilter } from "./cors.ts";
import { FILTERS } from "./filter-names.ts";
import { requestHeaderFilter, responseHeaderFilter } from "./headers.ts";
import { jwtFilter } from "./jwt.ts";
import { gatewayLimitFilter, planLimitFilter, routeLimitFilter } from "./limits.ts";
import type { Materials } from "./materials.ts";
import { quotaFilter } from "./quota.ts";
import { requirementFilter } from "./requirements.ts";
import { shapeFilter } from "./shape.ts";
import { tokenFilter } from "./token.ts";
import { type JsonObject, typed } from "./values.ts";

/** The filters in the order in which they judge a request; answers pass them the other way round. */
export function httpFilters(model: GatewayModel, materials: Materials): JsonObject[] {
  return [
    responseHeaderFilter(model),
    ...corsFilter(model),
    ...accessFilter(model),
    ...routeAccessFilter(model),
    shapeFilter(model),
    ...bodyFilters(model),
    ...(usesApiKeys(model) ? [apiKeyFilter()] : []),
    ...(Object.keys(model.jwtProviders).length > 0 ? [jwtFilter(model, materials.issuerKeyId)] : []),
    requirementFilter(),
    ...planLimitFilter(model),
    ...quotaFilter(model),
    ...routeLimitFilter(model),
    ...gatewayLimitFilter(model),
    ...tokenFilter(model),
    ...clientCertificateFilter(model),
    requestHeaderFilter(model),
    {
      name: FILTERS.router,
      typed_config: typed("envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }),
    },
  ];
}
