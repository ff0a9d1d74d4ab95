import assert from "node:assert/strict";
import { dirname } from "node:path";
import { type GatewayPlan, planGateway, RefusedError } from "../../automation/plan/plan.ts";
import type { PlannedResource } from "../../automation/plan/recorder.ts";
import type { Cloud } from "../../components/backends/contract.ts";
import { formatFault } from "../../components/spec/faults.ts";
import { loadModel } from "../../components/spec/load.ts";
import type { GatewayModel } from "../../components/spec/model.ts";

/** A gateway document of a test: its text, or the file that holds it. */
export type TestDocument = string | { readonly file: string };

export interface PlanSettings {
  /** RFC 7396 merge patches on top of the document, in order. */
  readonly overlays?: readonly unknown[];
  /** Files the document names, by the path it gives. @default read from the document's folder */
  readonly files?: Readonly<Record<string, string>>;
  /** @default "plan" */
  readonly stack?: string;
}

/** The model of a document. @throws DocumentError with every fault. */
export function modelOf(document: TestDocument, { overlays = [], files }: PlanSettings = {}): Promise<GatewayModel> {
  return loadModel({
    ...(typeof document === "string" ? { file: "gateway.yaml", text: document } : { file: document.file }),
    overlays: overlays.map((value, index) => ({ value, origin: `overlay ${index + 1}` })),
    ...(files === undefined ? {} : { read: (path) => fileOf(files, path) }),
  });
}

/** What deploying the document would create. @throws RefusedError when the cloud cannot enforce it. */
export async function planOf(cloud: Cloud, document: TestDocument, settings: PlanSettings = {}): Promise<GatewayPlan> {
  return planGateway({
    cloud,
    model: await modelOf(document, settings),
    ...(settings.stack === undefined ? {} : { stack: settings.stack }),
    ...(typeof document === "string" ? {} : { documentFolder: dirname(document.file) }),
  });
}

/** Why a cloud refuses a document, each refusal as a user reads it. @throws when it is not refused. */
export async function refusalsOf(cloud: Cloud, document: TestDocument, settings: PlanSettings = {}): Promise<string[]> {
  try {
    await planOf(cloud, document, settings);
  } catch (error) {
    if (error instanceof RefusedError) return error.faults.map(formatFault);
    throw error;
  }
  throw new assert.AssertionError({ message: `${cloud} does not refuse the document` });
}

/** The resource of that type and name, or the only one of that type. @throws naming what the plan has instead. */
export function resource(plan: GatewayPlan, type: string, name?: string): PlannedResource {
  const found = resources(plan, type).filter((candidate) => name === undefined || candidate.name === name);
  if (found.length === 1) return found[0] as PlannedResource;
  const wanted = name === undefined ? type : `${type} "${name}"`;
  if (found.length > 1)
    throw new assert.AssertionError({
      message: `The plan has ${found.length} of ${wanted}, name one: ${found.map((one) => one.name).join(", ")}`,
    });
  throw new assert.AssertionError({
    message: `The plan has no ${wanted}; it has:\n${plan.resources.map((one) => `  ${one.type} ${one.name}`).join("\n")}`,
  });
}

/** Every resource of a type, in the order of registration. */
export const resources = (plan: GatewayPlan, type: string): PlannedResource[] => plan.resources.filter((one) => one.type === type);

/** Resources as a test compares them: `type name`, sorted, components left out. */
export const inventory = (plan: GatewayPlan): string[] =>
  plan.resources
    .filter(({ type }) => !type.startsWith("secure-gateway:"))
    .map(({ type, name }) => `${type} ${name}`)
    .sort();

/** Asserts that a resource has exactly these inputs. */
export function assertInputs(plan: GatewayPlan, type: string, name: string, inputs: Readonly<Record<string, unknown>>): void {
  assert.deepEqual(resource(plan, type, name).inputs, inputs);
}

/** Asserts that one resource waits for another, directly or through others. */
export function assertAfter(plan: GatewayPlan, later: PlannedResource, earlier: PlannedResource): void {
  const seen = new Set<string>();
  const open = [...later.dependsOn];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === earlier.name) return;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...plan.resources.filter((one) => one.name === name).flatMap((one) => one.dependsOn));
  }
  throw new assert.AssertionError({
    message: `${later.type} ${later.name} does not wait for ${earlier.type} ${earlier.name}; it waits for ${[...seen].sort().join(", ") || "nothing"}`,
  });
}

function fileOf(files: Readonly<Record<string, string>>, path: string): string {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file "${path}"`), { code: "ENOENT" });
  return text;
}
