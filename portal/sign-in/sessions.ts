import { randomBytes } from "node:crypto";
import { Refusal } from "../service.ts";
import type { Identity, Session, SessionStore } from "./session.ts";

export interface SessionTimes {
  /** A session that was not used for so long ends. Milliseconds. @default 30 minutes */
  readonly idle: number;
  /** A session ends after so long even when it is used. Milliseconds. @default 8 hours */
  readonly absolute: number;
}

export const SESSION_TIMES: SessionTimes = { idle: 30 * 60_000, absolute: 8 * 3_600_000 };

/** How often a session in use is written down as seen, at most: a page with many requests is one write. */
const NOTE_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 10 * 60_000;

/** Opens, finds and ends sessions. The number in the cookie is known to the browser only. */
export class Sessions {
  readonly #store: SessionStore;
  readonly #times: SessionTimes;
  readonly #now: () => number;
  #swept = 0;

  constructor(store: SessionStore, times: SessionTimes = SESSION_TIMES, now: () => number = Date.now) {
    this.#store = store;
    this.#times = times;
    this.#now = now;
  }

  /** @returns the number for the cookie */
  async open(identity: Identity): Promise<{ readonly number: string; readonly session: Session }> {
    const now = this.#now();
    if (now - this.#swept > SWEEP_EVERY_MS) {
      this.#swept = now;
      await this.#store.sweep();
    }
    const number = randomBytes(32).toString("base64url");
    const csrfToken = randomBytes(32).toString("base64url");
    const session = { identity, csrfToken, createdAt: now, seenAt: now, endsAt: now + this.#times.absolute };
    await this.#store.put(number, session, this.#expiry(session));
    return { number, session };
  }

  /** The session of a cookie; nothing when it has ended or never was. */
  async find(number: string): Promise<Session | undefined> {
    if (!/^[\w-]{43}$/.test(number)) return undefined;
    const session = (await this.#store.get(number)) as Session | undefined;
    if (session === undefined) return undefined;
    const now = this.#now();
    if (now >= this.#expiry(session).getTime()) {
      await this.#store.end(number);
      return undefined;
    }
    if (now - session.seenAt < Math.min(NOTE_EVERY_MS, this.#times.idle / 2)) return session;
    const seen = { ...session, seenAt: now };
    try {
      await this.#store.renew(number, seen, this.#expiry(seen));
    } catch (error) {
      // A disk that is full takes no note of it; whoever is signed in goes on reading.
      if (error instanceof Refusal && error.code === "unavailable") return session;
      throw error;
    }
    return seen;
  }

  end(number: string): Promise<void> {
    return this.#store.end(number);
  }

  #expiry({ seenAt, endsAt }: Session): Date {
    return new Date(Math.min(seenAt + this.#times.idle, endsAt));
  }
}
