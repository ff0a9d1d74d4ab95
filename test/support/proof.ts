import { join } from "node:path";
import type { Cloud } from "../../components/backends/contract.ts";
import { isMissed, mutateBackend } from "../../proof/mutations/backends.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** What nobody notices of an even sample of the mutations of each plan of a cloud, the shop's and that of one random document; each as one line. */
export async function survivorsOf(cloud: Cloud, most: number, seed = 2): Promise<string[]> {
  const { plans } = await mutateBackend(ROOT, cloud, { seeds: [seed], stack: most, random: most });
  return plans.flatMap(({ name, mutations }) =>
    mutations.results
      .filter(isMissed)
      .map(({ type, resource, operator, pattern }) => `${name}: ${type} ${resource}: ${operator} at ${pattern || "(whole)"}`),
  );
}
