import { availableParallelism } from "node:os";
import { proveMutations } from "./mutations/prove.ts";
import { proveParity } from "./parity/prove.ts";
import { reportScans } from "./scans.ts";

/**
 * `npm run proof -- parity`, `mutations` or `scans`: each proves, and writes its report to docs/proof. Parity takes `--documents` (on this machine's
 * cloud), `--clouds` (documents on each of the others), `--from` (the first seed), `--seconds` (when to stop with what there is)
 * and `--workers` (threads, as many as there are cores unless told).
 *
 * @returns the exit code: 1 when something weaker than asked was found
 */
export async function prove(root: string, args: readonly string[]): Promise<number> {
  const [what = "", ...rest] = args;
  const option = (name: string, otherwise: number): number => {
    const at = rest.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(rest[at + 1]);
  };
  switch (what) {
    case "parity":
      return proveParity(root, {
        documents: option("documents", 10_000),
        clouds: option("clouds", 10_000),
        from: option("from", 1),
        seconds: option("seconds", Number.POSITIVE_INFINITY),
        workers: option("workers", availableParallelism()),
      });
    case "mutations":
      return proveMutations(root);
    case "scans":
      return reportScans(root);
    default:
      process.stderr.write("npm run proof -- parity | mutations | scans\n");
      return 2;
  }
}
