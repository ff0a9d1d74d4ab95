import { CommanderError } from "commander";
import { OperationError } from "../../automation/errors.ts";
import { formatFault } from "../../components/spec/faults.ts";
import { type TextStream, UsageError } from "../command-line.ts";
import { stylist } from "./style.ts";

/** An error for people: what is wrong, every fault, what to do. Never a stack trace, unless the fault is ours. */
export function describeError(error: unknown, stream: TextStream): string {
  const { red } = stylist(stream);
  if (error instanceof OperationError) {
    const faults = error.faults.map((fault) => `  ${formatFault(fault)}`);
    const failures = error.failures.slice(1).map((failure) => `  ${failure.name} (${failure.type}) failed: ${failure.message}`);
    const remedy = error.remedy === "" ? [] : [`What to do: ${error.remedy}.`];
    return [`${red("error:")} ${error.message}`, ...faults, ...failures, ...remedy].join("\n");
  }
  if (error instanceof UsageError) return `${red("error:")} ${error.message}\nWhat to do: ${error.remedy}.`;
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${red("error:")} This is a fault of the gateway command itself; please report it with the following lines.\n${trace}`;
}

/** The same for programs. */
export function errorDocument(error: unknown): unknown {
  if (error instanceof OperationError) {
    const { code, message, remedy, faults, failures } = error;
    return { ok: false, error: { code, message, remedy }, faults, failures };
  }
  if (error instanceof UsageError) return { ok: false, error: { code: "usage", message: error.message, remedy: error.remedy } };
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, "");
    return { ok: false, error: { code: "usage", message, remedy: "see `npx gateway <verb> --help`" } };
  }
  return {
    ok: false,
    error: { code: "internal", message: error instanceof Error ? error.message : String(error), remedy: "please report it" },
  };
}
