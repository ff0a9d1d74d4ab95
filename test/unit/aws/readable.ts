import type { GatewayPlan } from "../../../automation/plan/plan.ts";

/** A plan with its JSON texts opened, and the authorizer's code left out, as the code has tests of its own. */
export function readable(plan: GatewayPlan): unknown {
  return { ...plan, resources: plan.resources.map((entry) => ({ ...entry, inputs: opened(entry.inputs) })) };
}

const CODE = "index.mjs";

export function opened(value: unknown): unknown {
  if (typeof value === "string") return openedText(value);
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      key === CODE ? "(components/backends/aws/authorizer/authorizer.bundle)" : opened(entry),
    ]),
  );
}

function openedText(text: string): unknown {
  if (!/^[[{]"/.test(text)) return text;
  try {
    return opened(JSON.parse(text));
  } catch {
    return text;
  }
}
