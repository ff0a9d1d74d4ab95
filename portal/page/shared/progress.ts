import type { StoredEvent } from "../../service.ts";
import { counted } from "./pieces.ts";

/** One resource of an operation, as far as its events say. */
export interface ResourceProgress {
  readonly type: string;
  readonly name: string;
  readonly action: string;
  readonly phase: "begin" | "end" | "failed";
  readonly changed: readonly string[];
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly ended?: number;
}

export interface ProgressMessage {
  readonly severity: "debug" | "info" | "warning" | "error";
  readonly text: string;
  /** What it is about; empty for the operation itself. */
  readonly about: string;
}

export interface ProbeProgress {
  readonly id: string;
  readonly control: string;
  readonly title: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly detail: string;
  readonly durationMs: number;
}

/** Everything an operation's events have said until `sequence`. */
export interface Progress {
  /** Number of the last event that is in it; 0 before the first. */
  readonly sequence: number;
  readonly state: string;
  /** Resources something happens to, in the order it began. */
  readonly resources: ReadonlyMap<string, ResourceProgress>;
  /** How many resources are as they should be. */
  readonly same: number;
  readonly messages: readonly ProgressMessage[];
  readonly probes: readonly ProbeProgress[];
  readonly changes: Readonly<Record<string, number>>;
  /** When the first event was, milliseconds since 1970; 0 before it. */
  readonly began: number;
  readonly last: number;
}

export const NO_PROGRESS: Progress = {
  sequence: 0,
  state: "waiting",
  resources: new Map(),
  same: 0,
  messages: [],
  probes: [],
  changes: {},
  began: 0,
  last: 0,
};

/** States after which nothing more comes. */
const FINAL: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "lost"]);

export const isFinal = (state: string): boolean => FINAL.has(state);

/** Adds one event. One that is there already, as after a reconnection, changes nothing. */
export function withEvent(progress: Progress, { sequence, at, event }: StoredEvent): Progress {
  if (sequence <= progress.sequence) return progress;
  const time = Date.parse(at);
  const next = { ...progress, sequence, began: progress.began || time, last: time };
  if ("type" in event && !("kind" in event)) {
    if (event.type === "state") return { ...next, state: event.state };
    const probe = probeOf(event.probe);
    return probe === undefined ? next : { ...next, probes: [...progress.probes, probe] };
  }
  switch (event.kind) {
    case "resource":
      return withResource(next, event, time);
    case "note":
      return withMessage(next, "info", event.message, "");
    case "message":
      return withMessage(next, event.severity, event.text, event.resource?.name ?? "");
    case "policy":
      return withMessage(next, event.mandatory ? "error" : "warning", `${event.policy}: ${event.text}`, event.resource);
    case "summary":
      return { ...next, changes: event.changes as Readonly<Record<string, number>> };
    default:
      return next;
  }
}

type ResourceEvent = Extract<StoredEvent["event"], { readonly kind: "resource" }>;

function withResource(progress: Progress, { phase, action, type, name, changed }: ResourceEvent, time: number): Progress {
  if (action === "same" || action === "read") return phase === "end" ? { ...progress, same: progress.same + 1 } : progress;
  const key = `${type} ${name} ${action}`;
  const before = progress.resources.get(key);
  const row: ResourceProgress = {
    type,
    name,
    action,
    phase,
    changed: changed.length > 0 ? changed : (before?.changed ?? []),
    began: before?.began ?? time,
    ...(phase === "begin" ? {} : { ended: time }),
  };
  return { ...progress, resources: new Map(progress.resources).set(key, row) };
}

const MOST_MESSAGES = 500;

function withMessage(progress: Progress, severity: ProgressMessage["severity"], text: string, about: string): Progress {
  return severity === "debug"
    ? progress
    : { ...progress, messages: [...progress.messages, { severity, text, about }].slice(-MOST_MESSAGES) };
}

function probeOf(value: unknown): ProbeProgress | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, control, title, result, detail, durationMs } = value as Record<string, unknown>;
  if (result !== "passed" && result !== "failed" && result !== "skipped") return undefined;
  return {
    id: String(id ?? ""),
    control: String(control ?? ""),
    title: String(title ?? ""),
    result,
    detail: String(detail ?? ""),
    durationMs: Number(durationMs) || 0,
  };
}

/** One sentence, for the head of the page and for those who listen to it. */
export function progressLineOf({ resources, same, probes, state }: Progress): string {
  const rows = [...resources.values()];
  const failed = rows.filter(({ phase }) => phase === "failed").length;
  const parts = [];
  if (rows.length > 0) parts.push(`${rows.filter(({ phase }) => phase === "end").length} of ${counted(rows.length, "change")} done`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (same > 0) parts.push(`${same} unchanged`);
  if (probes.length > 0) {
    const of = (result: string) => probes.filter((probe) => probe.result === result).length;
    parts.push(`${counted(probes.length, "probe")}: ${of("passed")} passed, ${of("failed")} failed, ${of("skipped")} skipped`);
  }
  return parts.length > 0 ? parts.join("; ") : isFinal(state) ? "nothing happened" : "nothing yet";
}
