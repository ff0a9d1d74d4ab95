import type { Finding } from "../../components/backends/contract.ts";
import type { Stylist } from "./style.ts";

/** Findings, warnings first: two lines each. */
export function findingLines(findings: readonly Finding[], style: Stylist): string[] {
  const order = [...findings].sort((a, b) => Number(b.severity === "warning") - Number(a.severity === "warning"));
  return order.flatMap(({ severity, path, message, remedy }) => [
    `  ${severity === "warning" ? style.yellow("warning") : "note"}  ${path === "" ? "" : `${path}: `}${message}`,
    `           ${style.dim(remedy)}`,
  ]);
}
