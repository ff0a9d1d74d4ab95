import type { IssuerSummary } from "../components/backends/contract.ts";
import type { ControlId } from "../components/backends/controls.ts";
import type { GatewayModel } from "../components/spec/model.ts";

/** What `verifyGateway` needs to know; only the model and the URL are required. What is missing shows up as skipped probes, never as passed ones. */
export interface VerifyOptions {
  readonly model: GatewayModel;
  /** Where clients call the gateway: `https://host[:port]`, the host being the model's host name. */
  readonly url: string;
  /**
   * `host:port` to connect to instead of resolving the URL's host. The connection then goes straight to the gateway:
   * with `clientIp.trustedHops` above 0 the probes play the trusted proxies themselves.
   */
  readonly address?: string;
  /** Port of plain HTTP. Default: 80 for a URL on 443; the model's `local.httpPort` for a URL on `local.httpsPort`; else its probes are skipped. */
  readonly plainPort?: number;
  /** PEM of the authorities the gateway's certificate must chain to. Default: the public roots. */
  readonly caCertificate?: string;
  /** Signs the tokens of the positive and of most negative JWT probes; one for each provider whose keys are at hand. */
  readonly issuer?: IssuerSummary | readonly IssuerSummary[];
  /** API keys by consumer. */
  readonly apiKeys?: Readonly<Record<string, string>>;
  /** A client certificate the gateway accepts, with its key; PEM. */
  readonly clientCertificate?: { readonly certificate: string; readonly privateKey: string };
  /**
   * An authority the gateway accepts client certificates of, with its key; PEM. Probes then make certificates that are right but for one thing:
   * expired, for another usage, under another name. Such an authority belongs to a test stack.
   */
  readonly clientAuthority?: { readonly certificate: string; readonly privateKey: string };
  /** The gateway's access log, a file with a line for each request; its probes need to read it. */
  readonly accessLog?: string;
  /** Where the gateway's metrics are, in Prometheus' text format. */
  readonly metricsUrl?: string;
  /** Run only probes these patterns match: a control (`cors`), a probe (`jwt.alg-none@list-orders`), or either with `*`. */
  readonly only?: readonly string[];
  /** Leave out probes these patterns match; stronger than `only`. */
  readonly skip?: readonly string[];
  /** Accept only the exact statuses of docs/semantics.md. @default false: other refusals that docs/verify.md lists are accepted as well. */
  readonly exact?: boolean;
  /** Send authorized POST, PUT, PATCH and DELETE requests, which may change data behind the gateway. @default false */
  readonly unsafeMethods?: boolean;
  /** Use up the quota of one consumer per plan, which stays used up until the calendar period ends. @default false */
  readonly exhaustQuotas?: boolean;
  /** Requests one rate limit probe may send. @default 2000 */
  readonly rateLimitBudget?: number;
  /** Milliseconds a probe may wait on purpose: for a timeout to strike, a bucket to fill. @default 5000 */
  readonly patienceMs?: number;
  /** Milliseconds one exchange may take. @default 10000 */
  readonly exchangeTimeoutMs?: number;
  /** Exchanges at the same time. @default 12 */
  readonly concurrency?: number;
  /** Ends the run; probes not finished are then listed as failed. */
  readonly signal?: AbortSignal;
  /** Called with each result as it comes. */
  readonly onProbe?: (result: ProbeResult) => void;
}

export type ProbeOutcome = "passed" | "failed" | "skipped";

export interface ProbeResult {
  /** Stable: `family.case`, with `@subject` where it concerns one route, plan or provider. */
  readonly id: string;
  readonly control: ControlId;
  /** What is tried, in a sentence. */
  readonly title: string;
  /** True when the probe tries something the gateway has to refuse or neutralise. */
  readonly attack: boolean;
  readonly result: ProbeOutcome;
  /** What was seen; for a failure also what was expected, for a skipped probe the reason. */
  readonly detail: string;
  readonly durationMs: number;
}

export interface VerifyReport {
  readonly url: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** In the order of the documentation, whatever order they ran in. */
  readonly probes: readonly ProbeResult[];
}

/** The options contradict each other or the model; the message says which and what to do. */
export class VerifyOptionsError extends Error {
  override readonly name = "VerifyOptionsError";
}
