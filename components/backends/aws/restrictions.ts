import type { GatewayModel } from "../../spec/model.ts";
import type { Restriction } from "../capabilities.ts";
import { onLimit, onModel } from "../restriction.ts";
import { isEdge } from "./flavour.ts";

export { onBackend, onLimit, onModel, onProvider, onRoute } from "../restriction.ts";

/** Writes of one DynamoDB item a second; each request of a bucket is one. */
const WRITES_PER_SECOND = 1000;

export const countable = onLimit("at most 1,000 requests a second in one bucket", (limit) => {
  const perSecond = (limit.requests * 1000) / limit.periodMs;
  return perSecond <= WRITES_PER_SECOND
    ? undefined
    : {
        reason: `${perSecond} requests a second are counted in one DynamoDB item, which takes ${WRITES_PER_SECOND} writes a second`,
        remedy: "allow 1000 requests a second or fewer, count by a finer key, or leave this limit to the backend",
      };
});

export const withinAccount = onLimit("at most the account's own request rate", (limit, model) => {
  const perSecond = (limit.requests * 1000) / limit.periodMs;
  const quota = model.aws.quotas.requestsPerSecond;
  return perSecond <= quota
    ? undefined
    : {
        reason: `${perSecond} requests a second are more than the ${quota} the account is granted`,
        remedy: "lower the limit, or have the quota raised and state it in aws.quotas.requestsPerSecond",
      };
});

export const exactPathsOnHttpApi = onModel("on an HTTP API every path is exact", (model, variant) => {
  if (variant !== "http") return undefined;
  const open = model.routes.find((route) => route.path.kind !== "exact");
  return open === undefined
    ? undefined
    : {
        reason: `an HTTP API has nothing that refuses ambiguous spellings, and route "${open.name}" passes a part of the path on`,
        remedy: "use exact paths only, or aws.flavour: rest",
      };
});

/** An HTTP API's own weaknesses, each accepted by name or refused. */
export const accepted = (name: GatewayModel["aws"]["http"]["accept"][number], reason: string): Restriction =>
  onModel(`on an HTTP API only with aws.http.accept: [${name}]`, (model, variant) =>
    variant === "http" && !model.aws.http.accept.includes(name)
      ? { reason, remedy: `use aws.flavour: rest, or accept it: aws.http.accept: [${name}]` }
      : undefined,
  );

export const onlyWithCloudFront = (what: string): Restriction =>
  onModel("only behind CloudFront", (_model, variant) =>
    isEdge(variant) ? undefined : { reason: `${what} takes CloudFront`, remedy: "set edge: cdn" },
  );
