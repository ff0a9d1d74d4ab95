import { randomUUID } from "node:crypto";
import type { RotationRecord } from "../../automation/rotation/record.ts";
import { type Dispatcher, enqueue } from "../service/operations.ts";
import { PORTAL } from "../service/stacks.ts";
import type { OperationState } from "../service.ts";
import { note } from "../store/audit.ts";
import type { Sql } from "../store/database.ts";
import { addEvents, type OperationRow } from "../store/operations.ts";
import { planRow } from "../store/plans.ts";
import { changeSettings, type Deployed, type Health, stackRow } from "../store/stacks.ts";
import type { RunEnd } from "./request.ts";

export type Ending = Omit<RunEnd, "state"> & { readonly state: "succeeded" | "failed" | "cancelled" | "lost" };

/** What an operation leaves behind: its last state, what is known of the stack now, and an entry in the audit log. In the caller's transaction. */
export async function finish(sql: Sql, dispatcher: Dispatcher, row: OperationRow, ending: Ending): Promise<void> {
  const { id, stack, kind } = row;
  const state: OperationState = ending.state;
  await sql.query(
    "UPDATE portal.operation SET state = $2, ended_at = now(), changes = $3, error = $4, owner = NULL, runner = NULL WHERE id = $1",
    [id, state, jsonOrNull(ending.changes), jsonOrNull(ending.error)],
  );
  await addEvents(sql, id, [{ at: new Date().toISOString(), event: { type: "state", state } }]);
  await rememberStack(sql, row, ending);
  const digest = row.plan === null ? undefined : (await planRow(sql, row.plan)).digest;
  await note(sql, {
    actor: PORTAL,
    action: `operation.${kind}.${state}`,
    subject: `${stack}/${id}`,
    outcome: state === "succeeded" ? "done" : "refused",
    ...(digest === undefined ? {} : { digest }),
  });
  // Nobody knows what exists: the cloud is asked. Not again when that very question was lost.
  const unsure = state === "lost" || ending.hard === true;
  if (unsure && kind !== "preview" && kind !== "verify" && !(kind === "refresh" && row.requested_by === PORTAL.id))
    await enqueue(sql, dispatcher, { id: randomUUID(), stack, kind: "refresh", by: PORTAL.id });
}

const jsonOrNull = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

/** A rotation has written settings of the stack: they are the stack's from now on, also when the rotation does not get any further. */
export async function rememberRotation(sql: Sql, stack: string, stackFile: string, rotation: RotationRecord | null): Promise<void> {
  await changeSettings(sql, stack, { stackFile });
  await sql.query("UPDATE portal.stack SET rotation = $2 WHERE name = $1", [stack, rotation === null ? null : JSON.stringify(rotation)]);
}

/** What is known of the stack now. An operation whose engine was never started has changed nothing. */
async function rememberStack(sql: Sql, row: OperationRow, ending: Ending): Promise<void> {
  const stack = await stackRow(sql, row.stack, true);
  const { state, after, changes = {} } = ending;
  const candidate = row.plan === null ? undefined : (await planRow(sql, row.plan)).body.candidate;
  const digest = after?.digest ?? "unknown";
  let { health, deployed } = stack;
  const began = row.engines.length + (row.runner?.engines.length ?? 0) > 0;
  switch (row.kind) {
    case "preview":
      return;
    case "verify":
      if (state === "failed" && Object.hasOwn(changes, "failed")) health = "failing";
      if (state === "succeeded" && health === "failing" && deployed !== null && deployed.partial !== true) health = "deployed";
      break;
    case "up":
      if (state === "succeeded" && candidate !== undefined) {
        health = "deployed";
        deployed = { ...candidate, stateDigest: digest };
      } else if (state !== "succeeded") {
        if (!began) return;
        health = "failing";
        const known = deployed ?? candidate;
        deployed = known === undefined ? null : { ...known, partial: true, stateDigest: digest };
      }
      break;
    case "destroy":
      if (state === "succeeded") {
        health = "destroyed";
        deployed = null;
      } else {
        if (!began) return;
        health = "failing";
        deployed = deployed && { ...deployed, partial: true, stateDigest: digest };
      }
      break;
    default: {
      const drifted = Object.entries(changes).some(([action, count]) => action !== "same" && count > 0);
      if (row.kind === "refresh" && state === "succeeded" && drifted) {
        if (deployed !== null) health = after?.empty === true ? "destroyed" : "drifted";
        deployed = deployed && { ...deployed, partial: true };
      }
      if (row.kind === "rotate" && began) deployed = deployed && { ...deployed, partial: true };
      deployed = deployed && { ...deployed, stateDigest: digest };
    }
  }
  await update(sql, row.stack, health, deployed, after);
}

async function update(sql: Sql, name: string, health: Health, deployed: Deployed | null, after: RunEnd["after"]): Promise<void> {
  await sql.query(
    `UPDATE portal.stack SET health = $2, deployed = $3, state_digest = coalesce($4, state_digest), certificates = coalesce($5, certificates)
     WHERE name = $1`,
    [name, health, deployed === null ? null : JSON.stringify(deployed), after?.digest ?? null, jsonOrNull(after?.certificates)],
  );
}
