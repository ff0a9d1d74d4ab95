import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLOUDS } from "../../components/backends/contract.ts";
import { onThread } from "../thread.ts";
import { parityReport } from "./report.ts";
import { merged, type ParityOptions, type ParityResult } from "./run.ts";

export interface ProveOptions {
  /** Seeds from here on. */
  readonly from: number;
  /** Number of documents on this machine's cloud, which plans quickly. */
  readonly documents: number;
  /** Number of documents on each of the other clouds. */
  readonly clouds: number;
  /** Stop with what there is after so many seconds. */
  readonly seconds: number;
  /** Number of threads that share the documents out. */
  readonly workers: number;
}

const WORKER = new URL("./worker.ts", import.meta.url);

/**
 * The whole run; the report goes to docs/proof/parity.md and parity.json.
 *
 * @returns the exit code: 1 when something weaker than asked was found
 */
export async function proveParity(root: string, { from, documents, clouds, seconds, workers }: ProveOptions): Promise<number> {
  const started = performance.now();
  const counts = { aws: clouds, azure: clouds, gcp: clouds, local: documents };
  const progress = progressOf(Object.values(counts).reduce((sum, count) => sum + count, 0));
  const parts = await Promise.all(
    Array.from({ length: workers }, (_, first) =>
      onThread<ParityResult>(
        WORKER,
        { from, documents: counts, share: { first, every: workers }, seconds } satisfies ParityOptions,
        progress.done,
      ),
    ),
  ).finally(progress.end);
  const result = merged(parts);
  const folder = join(root, "docs", "proof");
  mkdirSync(folder, { recursive: true });
  const kept = { from, ...result, weakenings: result.weakenings.slice(0, 200) };
  writeFileSync(join(folder, "parity.json"), `${JSON.stringify(kept, null, 2)}\n`);
  const circumstances = { from, seconds: Math.round((performance.now() - started) / 1000), workers };
  writeFileSync(join(folder, "parity.md"), parityReport(result, circumstances));
  process.stdout.write(
    `${CLOUDS.map((cloud) => `${cloud}: ${result.documents[cloud].planned} of ${result.documents[cloud].made} documents planned`).join("\n")}\n${result.weakenings.length} found weaker\n`,
  );
  return result.weakenings.length === 0 ? 0 : 1;
}

/** Says every half minute how far it is. */
function progressOf(all: number) {
  const started = performance.now();
  let plans = 0;
  const timer = setInterval(() => {
    const left = ((performance.now() - started) / Math.max(plans, 1)) * (all - plans);
    process.stderr.write(`parity: ${plans} of ${all} plans, about ${Math.ceil(left / 60_000)} min left\n`);
  }, 30_000);
  return {
    done: () => {
      plans += 1;
    },
    end: () => clearInterval(timer),
  };
}
