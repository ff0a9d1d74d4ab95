import { OperationError, type OperationErrorCode } from "../../automation/errors.ts";
import { Refusal, type RefusalCode } from "../service.ts";
import { faultOf } from "./documents.ts";

const CODES: Readonly<Record<OperationErrorCode, RefusalCode>> = {
  usage: "invalid",
  "no-stack": "not found",
  settings: "invalid",
  document: "invalid",
  refused: "invalid",
  secrets: "unavailable",
  locked: "locked",
  tool: "unavailable",
  state: "unavailable",
  program: "invalid",
  provider: "unavailable",
  policy: "invalid",
  cancelled: "unavailable",
  stale: "stale",
  lost: "unavailable",
};

/** What kept the engine's side from answering, for whoever asked; anything else is passed on as it is. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof OperationError)) return error;
  const { code, message, remedy, faults } = error;
  return Object.assign(new Refusal(CODES[code], message, remedy, faults.map(faultOf)), { cause: error });
}
