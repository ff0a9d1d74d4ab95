import { type Fault, fault } from "../../spec/faults.ts";
import type { GatewayModel } from "../../spec/model.ts";
import { openapiDefinition } from "./definition/openapi.ts";
import { networkBackends } from "./needs.ts";
import { sidecarSize } from "./sidecar/size.ts";

type Check = (model: GatewayModel) => Fault[];

/** Faults that belong to no single control: the project, quotas, zones, certificates, the network. */
export function gcpFaults(model: GatewayModel): Fault[] {
  return CHECKS.flatMap((check) => check(model));
}

/** Largest OpenAPI document Service Management takes, bytes. */
const LARGEST_DEFINITION = 1_000_000;
/** Largest ConfigMap of Kubernetes, bytes, with room for its other fields. */
const LARGEST_CONFIG_MAP = 1_000_000;
/** Longest name of a Google resource, with the longest suffix this backend gives one. */
const LONGEST_NAME = 40;

const project: Check = ({ gcp }) => [
  ...(gcp.project === undefined ? [fault("gcp.project", "is missing", "give the id of the project, such as shop-prod-123456")] : []),
  ...(gcp.region === undefined ? [fault("gcp.region", "is missing", "give a region, such as europe-west3")] : []),
];

const names: Check = ({ name }) =>
  name.length > LONGEST_NAME ? [fault("name", `"${name}" is longer than ${LONGEST_NAME} characters`, "choose a shorter name")] : [];

const flavour: Check = ({ gcp }) => {
  if (gcp.flavour === "gke" && gcp.gke === undefined)
    return [fault("gcp.gke", "is missing with gcp.flavour: gke", "give the zones and the network of the cluster")];
  if (gcp.flavour !== "gke" && gcp.gke !== undefined)
    return [fault("gcp.gke", "has no meaning with gcp.flavour: cloudRun", "remove it, or set gcp.flavour: gke")];
  return (gcp.gke?.zones ?? []).flatMap((zone, index) =>
    gcp.region !== undefined && !zone.startsWith(`${gcp.region}-`)
      ? [fault(`gcp.gke.zones[${index}]`, `"${zone}" is not in the region ${gcp.region}`, "list zones of gcp.region")]
      : [],
  );
};

/** Both are made by the stack, in the cluster of its configuration. */
const namespaces: Check = ({ gcp: { gke }, internal }) =>
  gke !== undefined && gke.namespace === internal?.kubernetes?.namespace
    ? [
        fault(
          "gcp.gke.namespace",
          `"${gke.namespace}" is also the namespace of internal.kubernetes`,
          "give the gateway a namespace of its own; what the services may reach and who may reach them is decided by namespace",
        ),
      ]
    : [];

const scaling: Check = ({ gcp: { run } }) =>
  run.minInstances > run.maxInstances
    ? [
        fault(
          "gcp.run.minInstances",
          `${run.minInstances} is more than maxInstances (${run.maxInstances})`,
          "lower it, or raise gcp.run.maxInstances",
        ),
      ]
    : [];

const network: Check = (model) => {
  const backends = networkBackends(model);
  const { network: settings } = model.gcp;
  if (settings === undefined) return [];
  if (backends.length === 0)
    return [
      fault(
        "gcp.network",
        "no backend is private or on premises, so that the network would carry nothing",
        "remove it, or set network.type on a backend",
      ),
    ];
  return settings.line !== "existing" && backends.every((backend) => backend.network.type !== "onPremises")
    ? [
        fault(
          "gcp.network.line",
          "no backend is on premises, so that the line would lead nowhere",
          "remove it, or set network.type: onPremises on a backend",
        ),
      ]
    : [];
};

const identityTokens: Check = ({ gcp, backends }) =>
  Object.keys(gcp.identityTokens).flatMap((name) =>
    backends[name] === undefined
      ? [fault(`gcp.identityTokens.${name}`, "names no backend", `use one of ${Object.keys(backends).sort().join(", ")}`)]
      : [],
  );

/** Headers the load balancer and ESPv2 write themselves; a document that used them would speak for them. */
const RESERVED = /^(x-edge-|x-endpoint-|x-api-operation-name$|x-cloud-trace-context$|x-goog-|x-google-|x-serverless-authorization$)/;

const headers: Check = (model) => {
  const places: [string, readonly string[]][] = [
    ...Object.values(model.jwtProviders).map((provider): [string, string[]] => [
      `jwt.providers.${provider.name}.claimToHeaders`,
      Object.keys(provider.claimToHeaders),
    ]),
    ...[{ at: "", headers: model.headers }, ...model.routes].flatMap(({ at, headers: changes }) =>
      (["request", "response"] as const).map((direction): [string, string[]] => [
        `${at === "" ? "" : `${at}.`}headers.${direction}`,
        [...Object.keys(changes[direction].set), ...Object.keys(changes[direction].add)],
      ]),
    ),
    ...[...model.rateLimits, ...model.routes.flatMap((route) => route.rateLimits)].map((limit): [string, string[]] => [
      limit.path,
      limit.key.kind === "header" ? [limit.key.header] : [],
    ]),
  ];
  return places.flatMap(([path, used]) =>
    used
      .filter((name) => RESERVED.test(name))
      .map((name) => fault(path, `the header "${name}" belongs to Google's load balancer or to ESPv2`, "choose another header name")),
  );
};

const size: Check = (model) => {
  const found: Fault[] = [];
  const definition = Buffer.byteLength(JSON.stringify(openapiDefinition(model)));
  if (definition > LARGEST_DEFINITION)
    found.push(
      fault(
        "routes",
        `the Endpoints definition has ${definition} bytes, ${LARGEST_DEFINITION} are taken`,
        "split the routes over several gateways, or use prefixes",
      ),
    );
  if (model.gcp.flavour === "gke") {
    const bytes = sidecarSize(model);
    if (bytes > LARGEST_CONFIG_MAP)
      found.push(
        fault(
          "routes",
          `Envoy's configuration has ${bytes} bytes, a ConfigMap takes ${LARGEST_CONFIG_MAP}`,
          "use prefixes, or gcp.flavour: cloudRun",
        ),
      );
  }
  return found;
};

const CHECKS: readonly Check[] = [project, names, flavour, namespaces, scaling, network, identityTokens, headers, size];
