import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../../automation/program.ts";

/** An item the probe provider makes, see test/engine/automation/probe. `value` may be `{ secret: <name> }`. */
export interface Item {
  readonly value?: string | { readonly secret: string };
  readonly delayMs?: number;
  readonly fail?: string;
}

class ProbeItem extends pulumi.CustomResource {
  constructor(name: string, inputs: Record<string, unknown>) {
    super("probe:index:Item", name, inputs);
  }
}

/** What operations run in the portal's tests: the items in `items-<stack>.json` of the project. */
export const program: Program = {
  check: async () => {},
  load: async (project) => async () => {
    const stack = pulumi.getStack();
    const file = join(project.root, `items-${stack}.json`);
    const items = (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}) as Record<string, Item>;
    const config = new pulumi.Config("secure-gateway");
    for (const [name, item] of Object.entries(items)) {
      const value = typeof item.value === "object" ? config.requireSecret(item.value.secret) : item.value;
      new ProbeItem(name, { ...item, value, journal: join(project.root, `journal-${stack}`) });
    }
    return { count: Object.keys(items).length };
  },
};
