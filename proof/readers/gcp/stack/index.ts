import type { GatewayModel } from "../../../../components/spec/model.ts";
import type { OpenPlan } from "../../../open-plan.ts";
import type { Observations } from "../../../verdicts.ts";
import { innerBootstrap } from "../../envoy/grammar/bootstrap.ts";
import { identityOf, observeExpected } from "../../expected.ts";
import { type Grammar, is, object, observeGrammar, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import type { Resources } from "../../resources.ts";
import { authorityExpected } from "./authority.ts";
import { clusterRoles } from "./cluster.ts";
import { definitionGrammar } from "./definition.ts";
import { frontRoles } from "./front.ts";
import { identityRoles } from "./identity.ts";
import { lineRoles } from "./line.ts";
import { placeOf, type Roles } from "./roles.ts";
import { runRoles } from "./run.ts";
import { watchRoles } from "./watch.ts";

/** Every resource of the stack has a role, every role the document needs is taken, and nothing in a resource is unknown. */
export function observeStack(
  plan: OpenPlan,
  resources: Resources,
  config: Json,
  definition: Json,
  model: GatewayModel,
  o: Observations,
): void {
  const place = placeOf(model);
  const roles: Roles = {
    ...frontRoles(place),
    ...(model.gcp.flavour === "gke" ? clusterRoles(place, resources) : runRoles(place)),
    ...identityRoles(place),
    ...lineRoles(place),
    ...watchRoles(place),
    endpoints: endpointsRole(place),
  };
  const expected = observeExpected(plan, model.name, authorityExpected(place), o);
  const taken = new Set<string>();
  for (const { type, name, inputs } of resources.all) {
    if (!/^(gcp|kubernetes|tls|pulumi:providers:kubernetes)\b/.test(type) || expected.has(identityOf({ type, name }))) continue;
    const suffix = name.slice(model.name.length + 1);
    const role = roles[suffix];
    if (role === undefined || role.type !== type || !role.needed) {
      o.holds("host.only", name, `a resource the document needs (${type})`, false);
      continue;
    }
    taken.add(suffix);
    observeGrammar(role.grammar, inputs, role.control, name, o);
  }
  for (const [suffix, { needed, control }] of Object.entries(roles))
    if (needed) o.holds(control, suffix, "the stack has it", taken.has(suffix));
  observeGrammar(definitionGrammar(place), definition, "require.any", "definition", o);
  const tokens = model.gcp.identityTokens;
  const metadata: Readonly<Record<string, Grammar>> = Object.keys(tokens).length > 0 ? { "metadata-server": METADATA_SERVER } : {};
  const setting = { model, door: "behind" as const, secret: (name: string) => `/etc/gateway/secrets/${name}/secret.json` };
  observeGrammar(innerBootstrap(setting, metadata), config, "request.framing", "envoy", o);
}

/** Where identity tokens are fetched: Google's server on every machine of its own. */
const METADATA_SERVER = object({
  name: is("metadata-server"),
  type: is("STRICT_DNS"),
  connect_timeout: text(/^[1-5]s$/),
  load_assignment: object({
    cluster_name: is("metadata-server"),
    endpoints: is([
      { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "metadata.google.internal", port_value: 80 } } } }] },
    ]),
  }),
});

const endpointsRole = (place: ReturnType<typeof placeOf>): Roles[string] => ({
  type: "gcp:endpoints/service:Service",
  needed: true,
  control: "require.any",
  grammar: object({
    serviceName: is(place.endpoints),
    project: is(place.project),
    openapiConfig: text(),
    // Endpoints keeps names of deleted services for a month; a stack made anew could not have its own back.
    deletionPolicy: is(place.model.gcp.endpoints.onDestroy === "keep" ? "ABANDON" : "DELETE"),
  }),
});
