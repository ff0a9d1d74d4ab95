import type { GatewayModel } from "../../../../components/spec/model.ts";
import type { OpenPlan } from "../../../open-plan.ts";
import type { Observations } from "../../../verdicts.ts";
import { observeGrammar } from "../../grammar.ts";
import type { Resources } from "../../resources.ts";
import { observeAcme } from "./acme.ts";
import { ALARM, observeAlarms } from "./alarms.ts";
import { API, observeApi, observeKeys } from "./api.ts";
import { BACKENDS, observeBackends } from "./backends.ts";
import { DNS, observeDns } from "./dns.ts";
import { EDGE, observeEdge } from "./edge.ts";
import { LINES, observeLine } from "./line.ts";
import { NETWORKS, observeNetwork } from "./network.ts";
import { NAMES, observeNames } from "./private-names.ts";
import { observeRights, observeSecrets, RIGHTS } from "./rights.ts";
import { AZURE, type Inputs, type Scene, sceneOf } from "./scene.ts";
import { observeSelfHosted, SELF_HOSTED } from "./self-hosted.ts";
import { observeAuthorities, SERVICE } from "./service.ts";
import { observeWatch, WATCH } from "./watch.ts";

/** Every type of resource this reader understands; all others are reported. */
const INPUTS: Inputs = {
  ...SERVICE,
  ...API,
  ...BACKENDS,
  ...EDGE,
  ...DNS,
  ...NETWORKS,
  ...LINES,
  ...NAMES,
  ...SELF_HOSTED,
  ...WATCH,
  ...ALARM,
  ...RIGHTS,
};

/** The service and what stands around its policies: every input of every resource, then what has to be there. */
export function observePlatform(plan: OpenPlan, resources: Resources, model: GatewayModel, o: Observations): void {
  const scene = sceneOf(resources, model);
  for (const one of resources.all.filter(({ type }) => type.startsWith(AZURE))) {
    const known = INPUTS[one.type.slice(AZURE.length)];
    if (known === undefined) o.holds("request.framing", one.name, `a reader knows ${one.type}`, false);
    else observeGrammar(known[1](scene, one), one.inputs, known[0], one.name, o);
  }
  observeSecrets(plan, o);
  observeFront(scene, o);
  observeAuthorities(scene, o);
  observeApi(scene, o);
  observeBackends(scene, o);
  observeKeys(scene, o);
  observeWatch(scene, o);
  observeAlarms(scene, o);
  observeEdge(scene, o);
  observeDns(scene, o);
  observeNetwork(scene, o);
  observeLine(scene, o);
  observeNames(scene, o);
  observeSelfHosted(scene, o);
  observeAcme(scene, o);
  observeRights(scene, o);
}

/** The name, its certificate and whether clients are asked for theirs; the grammar of the service has read each of them. */
function observeFront({ model, service, others, frontDoor, freeCertificate, resources }: Scene, o: Observations): void {
  const host = service.hostnameConfigurations?.[0];
  const served = frontDoor ? resources.of(`${AZURE}cdn:AFDCustomDomain`)[0]?.inputs.hostName : host?.hostName;
  if (!others || frontDoor) o.same("host.only", "hostname", model.hostname, served);
  if (others && !frontDoor) {
    // Its certificate and whether it asks clients for theirs are read at every deployment: a plan knows neither, and makes neither.
    const made = resources.of(`${AZURE}keyvault:Vault`).length;
    o.same(`tls.certificate.${model.tls.certificate.source}`, "tls.certificate", ["managed", 0], [model.tls.certificate.source, made]);
    return;
  }
  if (!frontDoor)
    o.holds(
      `tls.certificate.${model.tls.certificate.source}`,
      "tls.certificate",
      "a certificate stands behind the name",
      freeCertificate || host?.keyVaultId !== undefined,
    );
  const { clientValidation } = model.tls;
  if (clientValidation === undefined) return;
  const control = clientValidation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  o.same(control, "tls.clientValidation", true, host?.negotiateClientCertificate);
}
