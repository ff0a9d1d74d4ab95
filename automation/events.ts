import type { DiagnosticEvent, EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/events.js";
import { nameOfUrn, typeOfUrn } from "../components/urn.ts";

/** What happens to a resource, in the engine's words. */
export type ResourceAction =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "read-replacement"
  | "refresh"
  | "discard"
  | "discard-replaced"
  | "remove-pending-replace"
  | "import"
  | "import-replacement";

/** How many resources were (or would be) treated how. */
export type Changes = Readonly<Partial<Record<ResourceAction, number>>>;

/** One thing that happens during an operation, in order. Values of properties are left out; their names are enough to follow, and leak nothing. */
export type OperationEvent =
  /** The work began: the engine was started, or a state left by a killed run was repaired. */
  | { readonly kind: "note"; readonly message: string }
  | {
      readonly kind: "resource";
      /** `begin` before the provider is asked, `end` after it answered. */
      readonly phase: "begin" | "end" | "failed";
      readonly action: ResourceAction;
      readonly type: string;
      readonly name: string;
      /** Names of the properties that differ. */
      readonly changed: readonly string[];
    }
  | {
      readonly kind: "message";
      readonly severity: "debug" | "info" | "warning" | "error";
      readonly text: string;
      /** The resource it is about, where it is about one. */
      readonly resource?: { readonly type: string; readonly name: string };
    }
  | { readonly kind: "policy"; readonly mandatory: boolean; readonly policy: string; readonly text: string; readonly resource: string }
  | { readonly kind: "summary"; readonly changes: Changes; readonly seconds: number };

/** Translates the engine's events; those nobody needs to see become nothing. */
export function operationEvent(event: EngineEvent): OperationEvent | undefined {
  if (event.resourcePreEvent) return resourceEvent("begin", event.resourcePreEvent.metadata);
  if (event.resOutputsEvent) return resourceEvent("end", event.resOutputsEvent.metadata);
  if (event.resOpFailedEvent) return resourceEvent("failed", event.resOpFailedEvent.metadata);
  if (event.diagnosticEvent) return messageEvent(event.diagnosticEvent);
  if (event.summaryEvent) {
    return { kind: "summary", changes: event.summaryEvent.resourceChanges as Changes, seconds: event.summaryEvent.durationSeconds };
  }
  if (event.policyEvent) {
    const { enforcementLevel, policyName, policyPackName, message, resourceUrn } = event.policyEvent;
    const policy = `${policyPackName}/${policyName}`;
    return {
      kind: "policy",
      mandatory: enforcementLevel === "mandatory",
      policy,
      text: plain(message),
      resource: nameOfUrn(resourceUrn ?? ""),
    };
  }
  return undefined;
}

const HIDDEN_TYPES = new Set(["pulumi:pulumi:Stack"]);

function resourceEvent(phase: "begin" | "end" | "failed", metadata: StepEventMetadata): OperationEvent | undefined {
  if (HIDDEN_TYPES.has(metadata.type) || metadata.type.startsWith("pulumi:providers:")) return undefined;
  const changed = metadata.diffs ?? Object.keys(metadata.detailedDiff ?? {});
  return { kind: "resource", phase, action: metadata.op as ResourceAction, type: metadata.type, name: nameOfUrn(metadata.urn), changed };
}

function messageEvent({ ephemeral, message, severity, urn }: DiagnosticEvent): OperationEvent | undefined {
  const text = plain(message);
  if (ephemeral || text === "") return undefined;
  const level = severity === "info#err" ? "info" : severity;
  const about = urn === undefined || urn === "" || urn.includes("::pulumi:pulumi:Stack::") ? undefined : urn;
  return {
    kind: "message",
    severity: level as "debug" | "info" | "warning" | "error",
    text,
    ...(about === undefined ? {} : { resource: { type: typeOfUrn(about), name: nameOfUrn(about) } }),
  };
}

/** Without the engine's colour directives (`<{%reset%}>`) and surrounding space. */
export const plain = (text: string) => text.replace(/<\{%[^%]*%\}>/g, "").trim();
