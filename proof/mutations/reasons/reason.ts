/** Why a change of some inputs weakens nothing, or cannot be deployed. What is left out of it counts for all. */
export interface Reason {
  /** Types of resources. */
  readonly type?: RegExp;
  /** Kinds of places, as `patternOf` writes them. */
  readonly pattern?: RegExp;
  /** Names of operators. */
  readonly operator?: RegExp;
  readonly reason: string;
}
