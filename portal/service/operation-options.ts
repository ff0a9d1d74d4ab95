import { ROTATIONS } from "../../automation/rotation/steps.ts";
import { Refusal } from "../service.ts";

export type FreeKind = "preview" | "refresh" | "verify" | "rotate";

const NAMES: Readonly<Record<FreeKind, readonly string[]>> = {
  preview: [],
  refresh: ["forgetInterrupted"],
  verify: ["only", "skip", "exact", "unsafeMethods", "exhaustQuotas", "patienceSeconds"],
  rotate: ["what", "clientsReady"],
};
const PATTERN = /^[\w.*-]{1,100}$/;

/** Options of an operation without a plan. @throws Refusal `invalid` */
export function checkedOptions(kind: FreeKind, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = NAMES[kind];
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name))
      throw new Refusal(
        "invalid",
        "There is no such option",
        names.length === 0 ? `${kind} takes none` : `${kind} takes ${names.join(", ")}`,
      );
    if (!fits(name, value))
      throw new Refusal("invalid", `The option ${name} has a value it cannot have`, HELP[name] ?? "give true or false");
  }
  if (kind === "rotate" && given.what === undefined) throw new Refusal("invalid", "The option what is missing", HELP.what as string);
  return given;
}

const HELP: Readonly<Record<string, string>> = {
  what: `give one of ${ROTATIONS.join(", ")}`,
  only: "give a list of probes such as cors or jwt.*",
  skip: "give a list of probes such as cors or jwt.*",
  patienceSeconds: "give a whole number from 1 to 600",
};

function fits(name: string, value: unknown): boolean {
  if (name === "only" || name === "skip")
    return Array.isArray(value) && value.length <= 100 && value.every((pattern) => typeof pattern === "string" && PATTERN.test(pattern));
  if (name === "what") return ROTATIONS.some((known) => known === value);
  if (name === "patienceSeconds") return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 600;
  return typeof value === "boolean";
}
