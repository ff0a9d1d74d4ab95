/** Queries over the request log (Kusto), shared by the alarms and the dashboard. The API's name is letters, digits and hyphens only. */

const ofApi = (api: string): string => `ApiManagementGatewayLogs | where ApiId == '${api}'`;

const rateOf = (failed: string): string => `summarize failed = countif(${failed}), total = count() by bin(TimeGenerated, 5m)`;

/** Share of answers that are errors, in percent. */
export const errorRate = (api: string): string =>
  `${ofApi(api)} | ${rateOf("ResponseCode >= 500")} | project TimeGenerated, rate = 100.0 * failed / total`;

/** 95th percentile of the whole time, in milliseconds. */
export const latency = (api: string): string => `${ofApi(api)} | summarize p95 = percentile(TotalTime, 95) by bin(TimeGenerated, 5m)`;

/** Share of requests refused, in percent, where there were a hundred or more. */
export const refusals = (api: string): string =>
  `${ofApi(api)} | ${rateOf("ResponseCode in (401, 403, 429)")} | where total >= 100 | project TimeGenerated, rate = 100.0 * failed / total`;

/** Share of each backend's answers that are errors or did not come, in percent, of the worst one. */
export const failingBackends = (api: string): string =>
  `${ofApi(api)} | where isnotempty(BackendUrl) | extend host = tostring(parse_url(BackendUrl).Host) | summarize failed = countif(BackendResponseCode >= 500 or isempty(BackendResponseCode)), total = count() by host, bin(TimeGenerated, 5m) | summarize rate = max(100.0 * failed / total) by TimeGenerated`;

/** Requests by status. */
export const requests = (api: string): string =>
  `${ofApi(api)} | summarize requests = count() by bin(TimeGenerated, 5m), status = tostring(ResponseCode)`;
