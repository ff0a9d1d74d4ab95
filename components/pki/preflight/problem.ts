/** One thing about a certificate that somebody has to do something about. */
export interface Problem {
  /** Stable identifier, such as `chain-incomplete`. */
  readonly rule: string;
  /** `refused`: connections would fail or be unsafe, so nothing is deployed. `warning` and `info` go into the plan. */
  readonly severity: "refused" | "warning" | "info";
  /** One sentence that names the certificate and what was found. */
  readonly message: string;
  readonly remedy: string;
}

const of =
  (severity: Problem["severity"]) =>
  (rule: string, message: string, remedy: string): Problem => ({ rule, severity, message, remedy });

export const refused = of("refused");
export const warning = of("warning");
export const info = of("info");

/** When certificates are judged. */
export interface Clock {
  readonly now: Date;
  /** What ends within this many days is refused; 0 refuses only what has ended. */
  readonly windowDays: number;
  /** What ends within this many days is a warning. @default 30 */
  readonly warnDays?: number;
}

/** What a certificate is used for: by a server, or by a client that proves who it is. */
export type Usage = "serverAuth" | "clientAuth";
