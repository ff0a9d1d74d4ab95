import { proveMutations } from "./mutations/report.ts";
import { proveParity } from "./parity-run.ts";
import { reportScans } from "./scans.ts";

/**
 * `npm run proof -- parity`, `mutations` or `scans`: each proves, and writes its report to docs/proof. Parity takes `--documents` (on this machine's
 * cloud), `--clouds` (documents on each of the others), `--from` (the first seed) and `--seconds` (when to stop with what there is).
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
