import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { PulumiFn } from "@pulumi/pulumi/automation/workspace.js";
import { judge } from "../components/backends/judge.ts";
import type { GivenDocument } from "../components/program.ts";
import { DocumentError } from "../components/spec/faults.ts";
import { loadModel } from "../components/spec/load.ts";
import type { GatewayModel } from "../components/spec/model.ts";
import { overlaysOf, type StackSettings } from "../components/stack-settings.ts";
import { OperationError } from "./errors.ts";
import type { Project } from "./project.ts";
import { readStackFile, type StackFile, settingsOf } from "./stack-file.ts";

/** A program for the engine, and what can be said about it before the engine starts. */
export interface Program {
  /** Finds what would make the program fail, without engine or credentials. @throws OperationError */
  check(project: Project, stackFile: StackFile): Promise<void>;
  /** The program itself, loaded when it is needed. */
  load(project: Project): Promise<PulumiFn>;
}

/** The project's own program: `index.ts`, which `pulumi up` runs too. */
export const gatewayProgram: Program = {
  check: (project, stackFile) => checkStack(project, stackFile),
  async load(project) {
    const module = (await import(pathToFileURL(join(project.root, "index.ts")).href)) as { default: PulumiFn };
    return module.default;
  },
};

/** The same program for a document that is not read from its file. */
export const programOfDocument = (given: GivenDocument): Program => ({
  check: (project, stackFile) => checkStack(project, stackFile, given),
  async load(project) {
    const { gatewayProgram: run } = await import("../components/program.ts");
    return () => run(project.root, given);
  },
});

async function checkStack(project: Project, stackFile: StackFile, given?: GivenDocument): Promise<void> {
  const { settings, model } = await stackModel(project, stackFile, given);
  const { faults } = judge(settings.cloud, model);
  if (faults.length === 0) return keepsPolicies(settings, model, stackFile.stack);
  const count = `${faults.length} ${faults.length === 1 ? "thing" : "things"}`;
  throw new OperationError(
    "refused",
    `${settings.cloud} cannot enforce ${count} the document asks for`,
    "change the document or the cloud",
    { faults },
  );
}

/** Plans the stack and judges the plan by the policy pack. @throws OperationError (`policy`) */
async function keepsPolicies({ cloud, document }: StackSettings, model: GatewayModel, stack: string): Promise<void> {
  const [{ planGateway }, { reviewPolicies }] = await Promise.all([import("./plan/plan.ts"), import("./policies.ts")]);
  const { resources } = await planGateway({ cloud, model, stack, documentFolder: dirname(document) });
  const { broken } = reviewPolicies(resources);
  if (broken.length === 0) return;
  const count = `${broken.length} mandatory ${broken.length === 1 ? "policy" : "policies"}`;
  const faults = broken.map(({ id, path, message, remedy }) => ({ path, message: `${message} (${id})`, remedy }));
  throw new OperationError("policy", `the plan breaks ${count}`, "change the document or the settings of its cloud", { faults });
}

/** The model a stack runs, read without the engine. @throws OperationError (`no-stack`, `settings` or `document`). */
export async function stackModel(
  project: Project,
  stackFile: string | StackFile,
  given?: GivenDocument,
): Promise<{ readonly settings: StackSettings; readonly model: GatewayModel }> {
  const file = typeof stackFile === "string" ? readStackFile(project, stackFile) : stackFile;
  const settings = settingsOf(project, file);
  try {
    return { settings, model: await loadModel({ file: settings.document, overlays: overlaysOf(settings, file.stack), ...given }) };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const { faults } = error;
    const message = `${relative(process.cwd(), settings.document)} has ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`;
    throw new OperationError("document", message, "correct the document", { faults });
  }
}
