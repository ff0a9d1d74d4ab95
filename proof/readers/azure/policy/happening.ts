import type { Node } from "./nodes.ts";

/** A limit met on the way. */
export interface Limit {
  readonly element: string;
  readonly calls: number;
  readonly seconds: number;
  readonly key: string;
  readonly firstPeriodStart: string | undefined;
}

/** What the policies did with a request. */
export interface Run {
  /** Status of an answer of the gateway's own; undefined when the request reached the backend and its answer went back. */
  readonly status: number | undefined;
  readonly reason: string;
  readonly body: string;
  /** Headers as the backend gets them, or as the gateway's own answer has them; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Headers of the backend's answer as the client gets them. */
  readonly answer: Readonly<Record<string, string>>;
  readonly backend: string | undefined;
  readonly path: string | undefined;
  /** Time each attempt at the backend had. */
  readonly attempts: readonly number[];
  readonly limits: readonly Limit[];
  /** Requests at the same time: what is counted together, and how many. */
  readonly concurrency: { readonly key: string; readonly most: number } | undefined;
  readonly variables: ReadonlyMap<string, unknown>;
}

/** What happens around the policies. */
export interface Happening {
  /** The platform refuses before or instead of the inbound section. */
  readonly refusal?: { readonly source: string; readonly reason: string };
  /** The limit that is used up, by its place among those met. */
  readonly usedUp?: number;
  /** What the backend does at each attempt, the last one again and again. @default [200] */
  readonly backend?: readonly (number | "Timeout" | "BackendConnectionFailure" | "QueueFull")[];
  /** How long it takes. @default 0 */
  readonly backendMs?: number;
  /** Headers of its answer. */
  readonly answer?: Readonly<Record<string, string>>;
}

export interface Policies {
  readonly api: Node;
  /** By the name they are included by. */
  readonly fragments: Readonly<Record<string, Node>>;
  /** Which provider signs what an openid configuration or a set of keys verifies. */
  readonly signersOf: (validation: Node) => readonly (string | undefined)[];
  /** SHA-1 of the authorities that sign the certificates of the requests. */
  readonly authorities: ReadonlySet<string>;
}
