import { cpus } from "node:os";
import { benchEngine } from "./engine.ts";
import { benchGateway } from "./gateway.ts";
import { benchPlan } from "./plan.ts";

const PARTS = { plan: benchPlan, gateway: () => benchGateway(), engine: () => benchEngine() };

/** Measures what is named (`plan`, `gateway`, `engine`), or everything. @throws when a name is none of these */
export async function measure(root: string, names: readonly string[]): Promise<unknown> {
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) throw new Error(`There is no measurement ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`);
  const results: Record<string, unknown> = {
    machine: { cores: cpus().length, model: cpus()[0]?.model ?? "", node: process.version },
    at: new Date().toISOString(),
  };
  for (const name of (names.length > 0 ? names : Object.keys(PARTS)) as (keyof typeof PARTS)[]) results[name] = await PARTS[name](root);
  return results;
}
