/** Inputs whose change weakens nothing, or what is the same in other words; each with the reason. The first that fits counts. */
interface Reason {
  readonly cloud?: string;
  readonly type?: RegExp;
  readonly pattern?: RegExp;
  readonly operator?: RegExp;
  readonly reason: string;
}

const REASONS: readonly Reason[] = [];

/** Why a mutation is held not to matter; undefined when it does. */
export function notRelevant(cloud: string, type: string, pattern: string, operator: string): string | undefined {
  return REASONS.find(
    (one) =>
      (one.cloud === undefined || one.cloud === cloud) &&
      (one.type?.test(type) ?? true) &&
      (one.pattern?.test(pattern) ?? true) &&
      (one.operator?.test(operator) ?? true),
  )?.reason;
}
