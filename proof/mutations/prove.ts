import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLOUDS } from "../../components/backends/contract.ts";
import { onThread } from "../thread.ts";
import { type BackendMutations, isCaught, isMissed, resultsOf, type Sample } from "./backends.ts";
import { EQUIVALENT, equivalentTo } from "./equivalent.ts";
import { mutationReport } from "./report.ts";
import type { Work } from "./worker.ts";

/** All mutations of the shop's stacks and of the written documents, and an even sample of those of the first random documents. */
const SAMPLE: Sample = { seeds: Array.from({ length: 10 }, (_, index) => index + 1), random: 150 };

const WORKER = new URL("./worker.ts", import.meta.url);

/**
 * Breaks all backends, each on a thread of its own; the report goes to docs/proof/mutations.md.
 *
 * @returns the exit code: 1 when nobody noticed a mutation of an input that matters, or one that was judged to be the same is noticed now
 */
export async function proveMutations(root: string): Promise<number> {
  const backends = await Promise.all(
    CLOUDS.map(async (cloud) => {
      const backend = await onThread<BackendMutations>(WORKER, { root, cloud, sample: SAMPLE } satisfies Work);
      const results = resultsOf(backend);
      process.stdout.write(
        `${cloud}: ${results.filter(isCaught).length} of ${results.length} caught, ${results.filter(isMissed).length} missed\n`,
      );
      return backend;
    }),
  );
  const folder = join(root, "docs", "proof");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "mutations.md"), mutationReport(backends));
  const all = backends.flatMap(resultsOf);
  const unneeded = EQUIVALENT.filter((one) => !all.some((result) => !isCaught(result) && equivalentTo(result) === one));
  for (const { cloud, document, pattern } of unneeded)
    process.stdout.write(`${cloud}, ${document}: ${pattern} is noticed or no longer there; take it out of proof/mutations/equivalent.ts\n`);
  return unneeded.length > 0 || all.some(isMissed) ? 1 : 0;
}
