import type { MiddlewareHandler } from "hono";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { PortalEnv } from "./environment.ts";
import { Problem } from "./problem.ts";

/** The largest body a request may have, in bytes. */
export const BODY_BYTES = 1 << 20;

/** Requests per minute that one caller may make of one replica. */
export interface RateLimits {
  /** Reading, for each actor. @default 1200 */
  readonly reads: number;
  /** Changing, for each actor. @default 120 */
  readonly changes: number;
  /** Without being signed in, for each address. @default 300 */
  readonly strangers: number;
  /** Attempts to sign in, and tokens that are not accepted, for each address. @default 20 */
  readonly attempts: number;
}

export const RATE_LIMITS: RateLimits = { reads: 1200, changes: 120, strangers: 300, attempts: 20 };

/** Event streams one actor may have open on one replica. */
export const STREAMS_PER_ACTOR = 200;

/** Counts calls by caller and kind, in memory. */
export class Limits {
  readonly #limiters: Readonly<Record<keyof RateLimits, RateLimiterMemory>>;
  readonly #streams = new Map<string, number>();

  constructor(rates: RateLimits = RATE_LIMITS) {
    const limiter = (points: number) => new RateLimiterMemory({ points, duration: 60 });
    this.#limiters = {
      reads: limiter(rates.reads),
      changes: limiter(rates.changes),
      strangers: limiter(rates.strangers),
      attempts: limiter(rates.attempts),
    };
  }

  /** @throws Problem when the caller has used up its minute */
  async count(kind: keyof RateLimits, caller: string): Promise<void> {
    try {
      await this.#limiters[kind].consume(caller);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      throw new Problem("too-many-requests", `Too many requests in one minute.`, {
        remedy: `go on in ${seconds} seconds`,
        headers: { "retry-after": String(seconds) },
      });
    }
  }

  /** For requests of the API and the pages. */
  readonly middleware: MiddlewareHandler<PortalEnv> = async (c, next) => {
    const { actor, address } = c.var;
    if (actor === undefined) await this.count("strangers", address);
    else await this.count(c.req.method === "GET" || c.req.method === "HEAD" ? "reads" : "changes", actor.id);
    await next();
  };

  /** Notes an open stream. @returns what to call when it ends @throws Problem when the actor has too many */
  stream(actor: string): () => void {
    const open = this.#streams.get(actor) ?? 0;
    if (open >= STREAMS_PER_ACTOR)
      throw new Problem("too-many-requests", `${STREAMS_PER_ACTOR} event streams are open already.`, {
        remedy: "close some",
        headers: { "retry-after": "5" },
      });
    this.#streams.set(actor, open + 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const left = (this.#streams.get(actor) ?? 1) - 1;
      if (left === 0) this.#streams.delete(actor);
      else this.#streams.set(actor, left);
    };
  }
}
