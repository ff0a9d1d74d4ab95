/** Proves what the backends promise and writes the reports in docs/proof. Arguments: parity, mutations or scans. */
export async function proof(root: string, args: readonly string[]): Promise<number> {
  const { prove } = await import("../../proof/main.ts");
  return prove(root, args);
}
