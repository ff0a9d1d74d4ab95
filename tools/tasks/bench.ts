import { ensureEnvoy } from "../setup/envoy.ts";
import { ensurePulumi } from "../setup/pulumi.ts";

/** Measures, and prints one JSON document. Arguments name what to measure; default everything. */
export async function bench(root: string, args: readonly string[]): Promise<number> {
  await ensurePulumi(root);
  await ensureEnvoy(root);
  const { measure } = await import("../../bench/main.ts");
  process.stdout.write(`${JSON.stringify(await measure(root, args), null, 2)}\n`);
  return 0;
}
