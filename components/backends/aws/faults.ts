import { type Fault, fault } from "../../spec/faults.ts";
import type { GatewayModel } from "../../spec/model.ts";
import { addressFaults, lineFaults, nameFaults } from "./bridge/faults.ts";
import { restDefinition } from "./definition/rest.ts";
import { unfoldRoutes } from "./definition/tree.ts";
import { largestBody, privateBackends, usedPlans } from "./needs.ts";

/** Largest definition API Gateway imports, in bytes. */
const LARGEST_DEFINITION = 6_000_000;
/** Characters of a resource policy. */
const LONGEST_POLICY = 8192;
const MOST_KEYS = 500;
/** Names of one ACM certificate without a raised quota. */
const MOST_CERTIFICATE_NAMES = 10;

type Check = (model: GatewayModel) => Fault[];

/** Faults that belong to no single control: quotas, zones, the network. */
export function awsFaults(model: GatewayModel): Fault[] {
  return CHECKS.flatMap((check) => check(model));
}

const isZoneId = (zone: string) => /^Z[A-Z0-9]{7,31}$/.test(zone);

/** The zone's name where the document gives it, else undefined. */
export const zoneName = (model: GatewayModel): string | undefined =>
  model.dns.zone === undefined || isZoneId(model.dns.zone) ? undefined : model.dns.zone.replace(/\.$/, "").toLowerCase();

/** The zone's id where the document gives it, else undefined. */
export const zoneId = (model: GatewayModel): string | undefined =>
  model.dns.zone !== undefined && isZoneId(model.dns.zone) ? model.dns.zone : undefined;

/** True when a name can be written in a zone. */
export const inZone = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

const names: Check = (model) => {
  const zone = zoneName(model);
  if (zone === undefined) return [];
  return inZone(model.hostname, zone)
    ? []
    : [
        fault(
          "hostname",
          `"${model.hostname}" is not in the hosted zone "${zone}"`,
          "name the zone that holds it in dns.zone, or leave dns.zone out and create the records elsewhere",
        ),
      ];
};

const resources: Check = (model) => {
  const quota = model.aws.quotas.resourcesPerApi;
  const tree = unfoldRoutes(model.routes, quota);
  if (tree.resources > quota)
    return [
      fault(
        "routes",
        `the routes need more than ${quota} API resources (path segments, counted once each)`,
        `have the quota "Resources per API" raised and state it in aws.quotas.resourcesPerApi, or use prefixes or a second gateway`,
      ),
    ];
  const connections = Object.fromEntries(
    Object.keys(model.backends).map((name) => [name, { type: "VPC_LINK", linkId: "x".repeat(10), target: "x".repeat(120) } as const]),
  );
  const references = { authorizer: { uri: "x".repeat(200), roleArn: "x".repeat(80) }, connections };
  const bytes = Buffer.byteLength(JSON.stringify(restDefinition(model, tree, false, references)));
  return bytes > LARGEST_DEFINITION
    ? [
        fault(
          "routes",
          `the API's definition has ${bytes} bytes, API Gateway imports ${LARGEST_DEFINITION}`,
          "split the routes over several gateways, or use prefixes",
        ),
      ]
    : [];
};

const policy: Check = ({ access, edge }) => {
  const { allowCidrs, denyCidrs } = access;
  const length = 400 + [...allowCidrs, ...denyCidrs].reduce((sum, block) => sum + block.length + 3, 0);
  return edge === "none" && length > LONGEST_POLICY
    ? [
        fault(
          "access",
          `a resource policy of about ${length} characters is longer than the ${LONGEST_POLICY} API Gateway takes`,
          "use fewer, larger blocks, or edge: cdn",
        ),
      ]
    : [];
};

const keys: Check = (model) => {
  const count = Object.values(model.consumers).reduce((sum, consumer) => sum + (consumer.keepPreviousKey ? 2 : 1), 0);
  return count > MOST_KEYS
    ? [
        fault(
          "consumers",
          `${count} API keys are more than the ${MOST_KEYS} of an account and region`,
          "use several gateways in several regions or accounts",
        ),
      ]
    : [];
};

const plans: Check = (model) =>
  usedPlans(model).flatMap((name) => {
    const quota = model.plans[name]?.quota?.requests ?? 0;
    return quota > 2_147_483_647
      ? [
          fault(
            `plans.${name}.quota.requests`,
            `${quota} is more than a usage plan counts`,
            "allow 2147483647 or fewer, or use a shorter period",
          ),
        ]
      : [];
  });

const network: Check = (model) => {
  const backends = privateBackends(model);
  const settings = model.aws.network;
  if (settings === undefined) return [];
  if (backends.length === 0)
    return [
      fault(
        "aws.network",
        "no backend is private or on premises, so that the network would carry nothing",
        "remove it, or set network.type on a backend",
      ),
    ];
  const found: Fault[] = [];
  const zone = zoneName(model);
  if (settings.bridge !== "nlb") {
    const hosts = [...new Set(backends.map((backend) => backend.host))];
    if (model.dns.zone === undefined)
      found.push(
        fault(
          "dns.zone",
          `the load balancer needs a public certificate for ${hosts.join(", ")}, validated in Route 53`,
          "name the zone, or use aws.network.bridge: nlb",
        ),
      );
    for (const { name, host } of backends) {
      if (zone !== undefined && !inZone(host, zone))
        found.push(
          fault(
            `backends.${name}.url`,
            `"${host}" is not in the hosted zone "${zone}", so that the load balancer cannot get a certificate for it`,
            "use a host of the zone, or aws.network.bridge: nlb",
          ),
        );
    }
    if (hosts.length > MOST_CERTIFICATE_NAMES)
      found.push(
        fault(
          "backends",
          `${hosts.length} hosts behind one load balancer are more than a certificate's ${MOST_CERTIFICATE_NAMES} names`,
          "use fewer hosts, with base paths",
        ),
      );
    found.push(...clashes(backends, ({ host, port }) => `${host}:${port}`, "a host and port"));
  } else found.push(...clashes(backends, ({ port }) => `port ${port}`, "a port of the Network Load Balancer"));
  found.push(...addressFaults(backends), ...nameFaults(settings, backends), ...lineFaults(settings, model));
  if (settings.line !== "existing" && settings.routeTableIds.length === 0)
    found.push(
      fault("aws.network.routeTableIds", "is empty: the subnets would not learn the line's routes", "list the route tables of the subnets"),
    );
  return found;
};

/** Backends that would share what can lead to one only. */
function clashes(backends: ReturnType<typeof privateBackends>, key: (backend: (typeof backends)[number]) => string, what: string): Fault[] {
  const seen = new Map<string, string>();
  return backends.flatMap((backend) => {
    const other = seen.get(key(backend));
    seen.set(key(backend), backend.name);
    return other === undefined
      ? []
      : [
          fault(
            `backends.${backend.name}.url`,
            `leads to ${key(backend)} like backend "${other}", and ${what} leads to one backend`,
            "give one of them another host or port",
          ),
        ];
  });
}

const bodyDigits: Check = (model) =>
  largestBody(model) === 0 &&
  model.routes.some((route) => route.methods.some((method) => method === "POST" || method === "PUT" || method === "PATCH"))
    ? [fault("limits.body", "no route may have a body, but some take POST, PUT or PATCH", "allow a body, or remove these methods")]
    : [];

const CHECKS: readonly Check[] = [names, resources, policy, keys, plans, network, bodyDigits];
