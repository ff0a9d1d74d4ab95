import { benchDeploy } from "./deploy.ts";
import { benchEngine } from "./engine.ts";
import { benchGateway } from "./gateway.ts";
import { benchPlan } from "./plan.ts";
import { benchPortal } from "./portal.ts";
import { busy, type Extent, FULL, keep, type Section, SHORT, section } from "./results.ts";
import { benchWarm } from "./warm.ts";

const PARTS: Readonly<Record<string, (root: string, extent: Extent) => unknown>> = {
  plan: benchPlan,
  warm: benchWarm,
  deploy: benchDeploy,
  engine: (_root, { rounds }) => benchEngine(rounds),
  portal: benchPortal,
  gateway: (root, { rounds, seconds }) => benchGateway(root, 3 * rounds, 100, 5 * seconds),
};

/**
 * Measures what is named, or everything, and writes bench/results.json, RESULTS.md and the picture; parts that are not measured stay as they are. With `--short`
 * nothing is written: it only shows that the measurement works.
 *
 * @throws when a name is none of the parts
 */
export async function measure(root: string, args: readonly string[]): Promise<unknown> {
  const names = args.filter((arg) => arg !== "--short");
  const extent = args.includes("--short") ? SHORT : FULL;
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) throw new Error(`There is no measurement ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`);
  const sections: Record<string, Section> = {};
  for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
    const before = busy();
    const result = await PARTS[name]?.(root, extent);
    sections[name] = section(name, extent, before, result);
    // Each part is kept as soon as it is there: a later one may fail.
    if (extent !== SHORT) keep(root, { [name]: sections[name] });
  }
  return sections;
}
