import type { Cloud } from "../../components/backends/contract.ts";
import { type ControlId, usedControls } from "../../components/backends/controls.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import type { OpenPlan } from "../open-plan.ts";
import { readAws } from "../readers/aws/index.ts";
import { readAzure } from "../readers/azure/index.ts";
import { readGcp } from "../readers/gcp/index.ts";
import { readLocal } from "../readers/local/index.ts";
import { type Observation, Observations } from "../verdicts.ts";

type Reader = (plan: OpenPlan, model: GatewayModel, observations: Observations) => void;

export const READERS: Readonly<Record<Cloud, Reader>> = { aws: readAws, azure: readAzure, gcp: readGcp, local: readLocal };

/** What the readers of a cloud find in a plan; a reader that stumbles over what it does not know finds the promise it was about weaker. */
export function observe(plan: OpenPlan, model: GatewayModel): Observation[] {
  const observations = new Observations();
  observeReferences(plan, observations);
  observeIssuers(plan, model, observations);
  try {
    READERS[plan.cloud](plan, model, observations);
  } catch (error) {
    observations.holds(
      "request.framing",
      "",
      `the definition can be read (${error instanceof Error ? error.message : String(error)})`,
      false,
    );
  }
  return observations.all;
}

/** Every reference leads to a resource of the plan: what leads nowhere, or to something outside, is not what the document asked for. */
function observeReferences(plan: OpenPlan, observations: Observations): void {
  const names = new Set(plan.resources.map(({ name }) => name));
  const visit = (value: unknown, at: string): void => {
    if (typeof value === "string") {
      // Programs have templates of their own.
      if (value.length > 2000 && !/^\s*[[{<]/.test(value)) return;
      for (const [, name = ""] of value.matchAll(/\$\{([a-z][\w-]*)\.[^}]*\}/g))
        if (!names.has(name)) observations.holds("host.only", at, `${name} is in the plan`, false);
    } else if (typeof value === "object" && value !== null) for (const entry of Object.values(value)) visit(entry, at);
  };
  for (const { name, inputs } of plan.resources) visit(inputs, name);
}

/** Certificates are ordered from the directory the document names: another one may be anybody's. */
function observeIssuers(plan: OpenPlan, { tls: { certificate } }: GatewayModel, observations: Observations): void {
  if (certificate.source !== "acme") return;
  for (const { type, inputs } of plan.resources)
    if (type === "pulumi:providers:acme")
      observations.same("tls.certificate.acme", "tls.certificate.directory", certificate.directoryUrl, inputs.serverUrl);
}

/** Controls a document asks for that no reader said anything about: silence is a failure of the proof. */
export function unread(model: GatewayModel, observations: readonly Observation[]): string[] {
  const said = new Set<ControlId>(observations.map(({ control }) => control));
  return [...new Set(usedControls(model).map(({ control }) => control))].filter(
    (control) => !said.has(control) && !(READ_WITH[control] ?? []).some((other) => said.has(other)),
  );
}

/** Controls that are a case of another, under whose name the readers speak of both. */
const READ_WITH: Partial<Readonly<Record<ControlId, readonly ControlId[]>>> = {
  "cors.perRoute": ["cors"],
  "require.clientCertificate": ["require.clientCertificate.names"],
};
