import type { Probe } from "./probe.ts";
import { VerifyOptionsError } from "./types.ts";

/** The probes that `only` names and `skip` does not. @throws VerifyOptionsError for a pattern that matches nothing. */
export function selectProbes(probes: readonly Probe[], only: readonly string[] | undefined, skip: readonly string[] = []): Probe[] {
  for (const [option, patterns] of [["only", only ?? []] as const, ["skip", skip] as const]) {
    for (const pattern of patterns) {
      if (!probes.some((probe) => matches(pattern, probe)))
        throw new VerifyOptionsError(
          `"${option}" has "${pattern}", which matches no probe of this gateway; give a control (cors), a family (jwt), a probe (jwt.alg-none@…), or a pattern with *`,
        );
    }
  }
  return probes.filter(
    (probe) => (only === undefined || only.some((pattern) => matches(pattern, probe))) && !skip.some((pattern) => matches(pattern, probe)),
  );
}

function matches(pattern: string, { id, control }: Probe): boolean {
  const expression = new RegExp(`^${pattern.replace(/[^\w*]/g, "\\$&").replaceAll("*", ".*")}$`);
  return [id, control, id.split("@", 1)[0] ?? "", id.split(".", 1)[0] ?? ""].some((text) => expression.test(text));
}
