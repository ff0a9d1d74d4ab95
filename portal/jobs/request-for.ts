import type { PortalContext } from "../service/context.ts";
import type { Sql } from "../store/database.ts";
import { documentRow } from "../store/documents.ts";
import type { OperationRow } from "../store/operations.ts";
import { planRow } from "../store/plans.ts";
import { stackRow } from "../store/stacks.ts";
import type { RunRequest } from "./request.ts";

/** What the runner of an attempt is asked to do. */
export async function requestFor(
  { options }: PortalContext,
  sql: Sql,
  row: OperationRow,
  cancelMs: number,
  orphanMs: number | undefined,
): Promise<RunRequest> {
  const stack = await stackRow(sql, row.stack);
  const plan = row.plan === null ? undefined : await planRow(sql, row.plan);
  // What is verified is what is deployed; a preview shows what a plan made now would do.
  const version = plan?.document_version ?? (row.kind === "preview" ? undefined : stack.deployed?.documentVersion);
  const { text } = await documentRow(sql, row.stack, version);
  const { project, engine, programModule } = options;
  return {
    operation: row.id,
    attempt: row.attempt,
    kind: row.kind,
    stack: row.stack,
    projectRoot: project.root,
    stackFile: stack.stack_file,
    documentText: text,
    engine,
    options: row.options,
    cancelMs,
    deadEngines: row.engines,
    message: `portal: ${row.kind} ${row.id}, asked for by ${row.requested_by}`,
    ...(stack.rotation === null ? {} : { rotation: stack.rotation }),
    ...(programModule === undefined ? {} : { programModule }),
    ...(orphanMs === undefined ? {} : { orphanMs }),
    ...(plan === undefined
      ? {}
      : {
          bound: {
            program: plan.program,
            settings: plan.settings_version === stack.settings_version,
            ...(plan.body.modelDigest === undefined ? {} : { model: plan.body.modelDigest }),
            // An attempt that has begun has changed the state itself.
            ...(row.engines.length > 0 ? {} : { state: plan.state_digest }),
          },
        }),
  };
}
