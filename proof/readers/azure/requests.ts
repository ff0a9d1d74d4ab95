import type { GatewayModel, Route } from "../../../components/spec/model.ts";
import { admitted, type Lists } from "../../addresses.ts";
import { expectedOutcome, type ProbeRequest, probesOf } from "../../requests.ts";
import type { Json } from "../json.ts";
import type { Resources } from "../resources.ts";
import { APIM } from "./policies.ts";
import type { ApimRequest } from "./policy/context.ts";
import { SERVICE } from "./policy/context.ts";
import type { Happening, Run } from "./policy/happening.ts";

/** Runs the policies over a request; headers come on top of those the request has anyway, or stand alone where it is bare. */
export type RunProbe = (
  request: ProbeRequest,
  changes?: Partial<ApimRequest> & { readonly bare?: boolean; readonly happening?: Happening },
) => Run;

/** Number of proxies between the client and the service. */
export const hopsOf = (model: GatewayModel): number => model.clientIp.trustedHops + (model.edge === "cdn" ? 1 : 0);

/** What the proxies in front have written when the request arrives. */
export const forwardedFor = (model: GatewayModel, { address }: ProbeRequest): string =>
  [address, ...Array.from({ length: hopsOf(model) - 1 }, () => "10.0.0.1")].join(", ");

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What Front Door writes into every request: its id, and the stack's secret. */
function stamp(resources: Resources): Record<string, string> {
  const rules = resources.of("azure-native:cdn:Rule").flatMap(({ inputs }) => (inputs.actions ?? []) as Json[]);
  const set = rules
    .filter(({ name, parameters }) => name === "ModifyRequestHeader" && parameters?.headerAction === "Overwrite")
    .map(({ parameters }) => [parameters.headerName, parameters.value] as const);
  const profile = resources.of("azure-native:cdn:Profile")[0]?.name;
  return { "X-Azure-FDID": ["$", `{${profile}.frontDoorId}`].join(""), ...Object.fromEntries(set) };
}

/** A request as it arrives at the service, credentials in the form clients send them. */
export function apimRequest(resources: Resources, model: GatewayModel, request: ProbeRequest): ApimRequest {
  const { token, consumer } = request;
  const text = token && `${base64({ alg: token.algorithm })}.${base64(token.claims)}.${Buffer.from(token.provider).toString("base64url")}`;
  const known =
    consumer === undefined ? undefined : resources.of(`${APIM}Subscription`).find(({ name }) => name.endsWith(`-consumer-${consumer}`));
  const hops = hopsOf(model);
  const hash = model.tls.clientValidation?.certificateHashes[0];
  const gatewayId = resources.of(`${APIM}Gateway`)[0]?.inputs.gatewayId as string | undefined;
  return {
    method: request.method,
    path: request.path,
    host: model.edge === "cdn" ? `${SERVICE}.azure-api.net` : model.hostname,
    address: hops === 0 ? request.address : "147.243.0.1",
    headers: {
      ...(text ? { Authorization: `Bearer ${text}` } : {}),
      ...(consumer !== undefined && model.apiKeys ? { [model.apiKeys.header]: "key" } : {}),
      ...(hops === 0 ? {} : { "X-Forwarded-For": forwardedFor(model, request) }),
      ...(model.edge === "cdn" ? { ...stamp(resources), "X-Forwarded-Host": model.hostname } : {}),
    },
    subscription: known?.inputs.sid,
    certificate: request.certificate,
    ...(hash === undefined ? {} : { certificateHash: hash }),
    ...(gatewayId === undefined ? {} : { gatewayId }),
    ...(token && text ? { token: { provider: token.provider, text, claims: token.claims } } : {}),
  };
}

const OPEN: Lists = { allowCidrs: [], denyCidrs: [] };

/** Requests the document lets through on a route, one for each kind of credentials the probes show. */
export function passingOf(model: GatewayModel, route: Route): ProbeRequest[] {
  const address = admitted(model.access, route.access);
  if (address === undefined) return [];
  const open = { ...model, access: OPEN, routes: model.routes.map((one) => ({ ...one, access: OPEN })) };
  const alone = { ...open, routes: open.routes.filter(({ name }) => name === route.name) };
  return probesOf(open)
    .map(({ request }) => ({ ...request, address }))
    .filter(
      (request) =>
        route.methods.includes(request.method) &&
        expectedOutcome(open, request) === "forwarded" &&
        expectedOutcome(alone, request) === "forwarded",
    );
}
