import { join } from "node:path";
import type { Cloud } from "../../components/backends/contract.ts";
import { isMissed, mutateBackend } from "../../proof/mutations/backends.ts";
import { writtenFor } from "../../proof/mutations/documents.ts";
import { planInTheOpen } from "../../proof/open-plan.ts";
import { observe, unread } from "../../proof/parity/observe.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** What nobody notices of an even sample of the mutations of each plan of a cloud, the shop's, those of the written documents, and that of one random document; each as one line. @param written Mutations tried of each written document */
export async function survivorsOf(cloud: Cloud, most: number, seed = 2, written = most): Promise<string[]> {
  const { plans } = await mutateBackend(ROOT, cloud, { seeds: [seed], stack: most, written, random: most });
  return plans.flatMap(({ name, mutations }) =>
    mutations.results
      .filter(isMissed)
      .map(({ type, resource, operator, pattern }) => `${name}: ${type} ${resource}: ${operator} at ${pattern || "(whole)"}`),
  );
}

/** What readers find weaker than asked, or do not read, in each document written for a cloud: nothing, where the backend and they are right. */
export async function readingsOf(cloud: Cloud): Promise<Record<string, string[]>> {
  const readings: Record<string, string[]> = {};
  for (const { name, model, secrets } of await writtenFor(ROOT, cloud)) {
    const observations = observe(await planInTheOpen({ cloud, model, secrets }), model);
    readings[name] = [
      ...observations
        .filter(({ verdict }) => verdict === "weaker")
        .map(({ control, path, asked, found }) => `${control} at ${path}: asked ${asked}, found ${found}`),
      ...unread(model, observations).map((control) => `${control} is not read`),
    ];
  }
  return readings;
}
