import { createHash } from "node:crypto";
import type { GatewayPlan } from "../../../automation/plan/plan.ts";

/** A plan with its JSON texts opened; of Envoy's configuration only the digest, as it is tried by tests with Envoy itself. */
export function readable(plan: GatewayPlan): unknown {
  return { ...plan, resources: plan.resources.map((entry) => ({ ...entry, inputs: opened(entry.inputs) })) };
}

function opened(value: unknown): unknown {
  if (typeof value === "string") return openedText(value);
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, opened(entry)]));
}

function openedText(text: string): unknown {
  if (text.startsWith('{"node":')) return `(Envoy, ${createHash("sha256").update(text).digest("hex").slice(0, 16)})`;
  if (!/^[[{]"/.test(text)) return text;
  try {
    return opened(JSON.parse(text));
  } catch {
    return text;
  }
}
