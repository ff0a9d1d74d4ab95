import type { Finding } from "../../../components/backends/contract.ts";
import { CONTROLS, type ControlId } from "../../../components/backends/controls.ts";
import { judge } from "../../../components/backends/judge.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import type { GatewayPlan } from "../plan.ts";
import { type CertificateRow, certificateRows } from "./certificates.ts";
import { type ConcernGroup, groupByConcern } from "./concerns.ts";
import { changesSince, type Deployment } from "./deployed.ts";
import { type PlanChanges, type PlanDocument, planChanges } from "./diff.ts";
import { type Picture, pictureOf } from "./hops.ts";
import { type RouteRow, routeRows } from "./routes.ts";

/** Everything a reviewer needs to see of a plan, without a form yet: the HTML page and the Markdown text are made from it. */
export interface Review {
  readonly document: string;
  readonly name: string;
  readonly hostname: string;
  readonly cloud: string;
  readonly variant: string;
  readonly why: string;
  readonly digest: string;
  readonly picture: Picture;
  readonly routes: readonly RouteRow[];
  readonly controls: readonly ControlRow[];
  readonly findings: readonly Finding[];
  readonly certificates: readonly CertificateRow[];
  readonly resources: readonly ConcernGroup[];
  readonly resourceCount: number;
  /** What differs from a plan made before; undefined when there is none to compare with. */
  readonly changes: PlanChanges | undefined;
}

/** One control: asked for where, enforced how, by what. */
export interface ControlRow {
  readonly control: string;
  readonly promise: string;
  readonly paths: readonly string[];
  readonly status: "native" | "composed";
  readonly how: string;
  readonly deviation: string | undefined;
  readonly resources: readonly string[];
}

export interface ReviewInput {
  /** Path of the document, as people know it. */
  readonly document: string;
  readonly model: GatewayModel;
  readonly plan: GatewayPlan;
  /** A plan made before, from `gateway plan --json`. */
  readonly against?: PlanDocument | undefined;
  /** What is deployed, when there is no plan to compare with. */
  readonly deployed?: Deployment | undefined;
}

/** Puts a plan and the model it was made from together for people. Pure. */
export function reviewOf({ document, model, plan, against, deployed }: ReviewInput): Review {
  const findings = [...plan.findings].sort((a, b) => Number(b.severity === "warning") - Number(a.severity === "warning"));
  return {
    document,
    name: model.name,
    hostname: model.hostname,
    cloud: plan.cloud,
    variant: plan.variant,
    why: plan.why,
    digest: model.digest,
    picture: pictureOf(model, plan),
    routes: routeRows(model),
    controls: controlRows(model, plan),
    findings,
    certificates: certificateRows(model),
    resources: groupByConcern(plan.resources),
    resourceCount: plan.resources.filter(({ type }) => !type.startsWith("secure-gateway:")).length,
    changes: against ? planChanges(against, planDocument(model, plan)) : deployed && changesSince(deployed, plan),
  };
}

/** What `gateway plan --json` answers: the plan, and what of the model a later plan is compared with. */
export function planDocument(model: GatewayModel, plan: GatewayPlan): PlanDocument {
  const { name, hostname, digest } = model;
  return { ...plan, gateway: { name, hostname, digest }, routes: routeRows(model) };
}

function controlRows(model: GatewayModel, plan: GatewayPlan): ControlRow[] {
  const decisions = new Map(judge(plan.cloud, model).decisions.map((decision) => [decision.control as string, decision]));
  return plan.controls.map(({ control, status, how, resources }) => ({
    control,
    promise: CONTROLS[control as ControlId],
    paths: decisions.get(control)?.paths ?? [],
    status,
    how,
    deviation: decisions.get(control)?.deviation,
    resources,
  }));
}
