import type { z } from "zod";
import type { Consumer } from "../model.ts";
import type { consumer } from "../schema/access.ts";
import { show } from "../show.ts";
import { suggestion } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";

export function resolveConsumers(
  consumers: Readonly<Record<string, z.output<typeof consumer>>>,
  ctx: ResolveContext,
): Record<string, Consumer> {
  const plans = ctx.declared("plans");
  return Object.fromEntries(
    Object.entries(consumers).map(([name, entry]) => {
      const path = ["consumers", name];
      if (entry.plan !== undefined && !plans.includes(entry.plan))
        ctx.fault([...path, "plan"], `there is no plan ${show(entry.plan)}`, suggestion(entry.plan, plans, "declare it under plans"), [
          ["plans", entry.plan],
        ]);
      if (entry.keepPreviousKey && entry.keyGeneration === 1)
        ctx.fault(
          [...path, "keepPreviousKey"],
          "there is no key before generation 1",
          "raise keyGeneration first, or remove keepPreviousKey",
          [[...path, "keyGeneration"]],
        );
      return [name, { name, plan: entry.plan, keyGeneration: entry.keyGeneration, keepPreviousKey: entry.keepPreviousKey }];
    }),
  );
}
