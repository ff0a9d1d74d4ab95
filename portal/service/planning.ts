import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { type ControlDifference, type ControlFact, controlDifferences, controlFacts } from "../../automation/plan/controls/facts.ts";
import { planGateway, RefusedError } from "../../automation/plan/plan.ts";
import { reviewPolicies } from "../../automation/policies.ts";
import { readSnapshot, type Snapshot } from "../../automation/snapshot.ts";
import type { Cloud, Finding } from "../../components/backends/contract.ts";
import { digest as textDigest } from "../../components/digest.ts";
import { canonical, digestOf } from "../../components/spec/resolve/canonical.ts";
import type { DocumentVersion, Fault } from "../service.ts";
import type { PlanBody, PlanRow } from "../store/plans.ts";
import type { Deployed, StackRow } from "../store/stacks.ts";
import type { PortalContext } from "./context.ts";
import { faultOf, loadText, type StackContext, stackFileOf, stackSettingsOf } from "./documents.ts";
import { refusalOf } from "./failures.ts";
import { removals, resourceChanges } from "./resource-changes.ts";
import { localRefused, runsLocally, secretDigests } from "./stacks.ts";

export type NewPlan = Omit<PlanRow, "number" | "requested_at">;

/** What a plan is made of. */
export interface PlanBasis {
  readonly stack: StackRow;
  readonly document: DocumentVersion;
  readonly snapshot: Snapshot;
}

export const stackContext = ({ options }: PortalContext, stack: StackRow): StackContext => ({
  project: options.project,
  stack: stack.name,
  stackFile: stack.stack_file,
  documentFolder: stack.document_folder,
});

/** The stack's state as it is now. @throws Refusal */
export async function snapshotOfStack(context: PortalContext, stack: StackRow): Promise<Snapshot> {
  try {
    const { project, engine } = context.options;
    const stackFile = stackFileOf(stackContext(context, stack));
    return await context.readers.take(() => readSnapshot({ project, stack: stack.name, engine, stackFile }));
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Plans a deployment. A document with faults, or one the cloud cannot keep, gives a plan that is refused. */
export async function planUp(context: PortalContext, basis: PlanBasis, by: string): Promise<NewPlan> {
  const { stack, document, snapshot } = basis;
  const target = stackContext(context, stack);
  const refused = (faults: readonly Fault[]) => refusedPlan(context, basis, by, faults);
  if (stack.cloud === "local" && !runsLocally(context)) {
    const { message, remedy } = localRefused();
    return refused([{ path: "local", message, remedy }]);
  }
  let settings: ReturnType<typeof stackSettingsOf>;
  try {
    settings = stackSettingsOf(target);
  } catch (error) {
    throw refusalOf(error);
  }
  const { model, faults } = await loadText(target, document.text);
  if (model === undefined) return refused(faults);

  const cloud = stack.cloud as Cloud;
  let bare: Awaited<ReturnType<typeof planGateway>>;
  try {
    bare = await planGateway({ cloud, model, stack: stack.name, documentFolder: dirname(settings.document) });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return refused(error.faults);
  }
  const { broken, advice } = reviewPolicies(bare.resources);
  if (broken.length > 0) return refused(broken.map(({ path, message, remedy }) => ({ path, message, remedy })));
  const planned = { ...bare, findings: [...bare.findings, ...advice] };

  const { planDocument, reviewOf } = await import("../../automation/plan/review/review.ts");
  const { planPage } = await import("../../automation/plan/html/page.ts");
  const { deployed } = stack;
  const review = reviewOf({ document: stack.name, model, plan: planned, against: deployed?.plan });
  const facts = controlFacts(model, cloud, planned.findings);
  const secrets = secretDigests(stackFileOf(target).config);
  const controls = [...unknownBaseline(deployed, snapshot), ...controlsChanged(deployed, facts), ...secretsChanged(deployed, secrets)];
  const candidate = {
    documentVersion: document.version,
    documentDigest: document.digest,
    plan: planDocument(model, planned),
    facts,
    secrets,
  };
  return newPlan(context, basis, by, "up", {
    status: "open",
    html: planPage(review),
    body: {
      faults: [],
      controls,
      resources: resourceChanges(deployedResources(deployed, snapshot), planned.resources),
      findings: planned.findings.map(findingOf),
      documentDigest: document.digest,
      modelDigest: model.digest,
      candidate,
    },
  });
}

/** Plans to remove everything. */
export async function planDestroy(context: PortalContext, basis: PlanBasis, by: string): Promise<NewPlan> {
  const { stack, document, snapshot } = basis;
  const { destroyPage } = await import("./destroy-page.ts");
  const resources = removals(snapshot.resources);
  return newPlan(context, basis, by, "destroy", {
    status: "open",
    html: destroyPage(stack.name, resources),
    body: { faults: [], controls: [], resources, findings: [], documentDigest: document.digest },
  });
}

function refusedPlan(context: PortalContext, basis: PlanBasis, by: string, faults: readonly Fault[]): NewPlan {
  return newPlan(context, basis, by, "up", {
    status: "refused",
    html: "",
    body: { faults: faults.map(faultOf), controls: [], resources: [], findings: [], documentDigest: basis.document.digest },
  });
}

function newPlan(
  { program }: PortalContext,
  { stack, document, snapshot }: PlanBasis,
  by: string,
  kind: "up" | "destroy",
  { status, body, html }: { readonly status: "open" | "refused"; readonly body: PlanBody; readonly html: string },
): NewPlan {
  const bound = {
    stack: stack.name,
    kind,
    document: document.digest,
    settings: textDigest(stack.stack_file),
    model: body.modelDigest ?? null,
    program,
    state: snapshot.digest,
  };
  return {
    id: randomUUID(),
    stack: stack.name,
    kind,
    status,
    requested_by: by,
    weakens: body.controls.some(({ weakens }) => weakens),
    digest: digestOf(canonical(bound)),
    document_version: document.version,
    settings_version: stack.settings_version,
    program,
    state_digest: snapshot.digest,
    body,
    html,
  };
}

const controlsChanged = (deployed: Deployed | null, facts: readonly ControlFact[]): ControlDifference[] =>
  controlDifferences(deployed?.facts ?? facts, facts);

/** Something is deployed that this portal has not deployed, or not like this: what of it the plan weakens cannot be told, so it counts as weakening. */
function unknownBaseline(deployed: Deployed | null, { digest, resources }: Snapshot): ControlDifference[] {
  if (resources.every(({ type }) => type.startsWith("pulumi:"))) return [];
  if (deployed !== null && deployed.stateDigest === digest) return [];
  const before = deployed === null ? "deployed, but not by this portal" : "changed by somebody else since this portal's last operation";
  return [{ control: "known state", place: "stack", before, after: "as this document says", weakens: true }];
}

/** Secrets never show, only that they differ. */
function secretsChanged(deployed: Deployed | null, now: Readonly<Record<string, string>>): ControlDifference[] {
  if (deployed === null) return [];
  const before = deployed.secrets;
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  const shown = (digest: string | undefined) => (digest === undefined ? null : "[secret]");
  return names.flatMap((name) =>
    before[name] === now[name]
      ? []
      : [
          {
            control: "secret",
            place: `secret ${name}`,
            before: shown(before[name]),
            after: now[name] !== undefined && before[name] !== undefined ? "[secret], changed" : shown(now[name]),
            weakens: false,
          },
        ],
  );
}

const deployedResources = (deployed: Deployed | null, { digest, resources }: Snapshot) =>
  deployed !== null && deployed.partial !== true && deployed.stateDigest === digest ? deployed.plan.resources : resources;

const findingOf = ({ id, severity, message }: Finding) => ({ id, severity, message });
