import type { Role } from "../service.ts";

/** Who somebody is, without where the request came from. */
export interface Identity {
  /** `issuer#subject`, or `local` for the one-time token on loopback. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Globs of stack names. */
  readonly stacks: readonly string[];
}

/** A browser that is signed in. */
export interface Session {
  readonly identity: Identity;
  /** Has to come back with every request that changes something. */
  readonly csrfToken: string;
  /** Milliseconds since 1970, as the times below. */
  readonly createdAt: number;
  readonly seenAt: number;
  /** When it ends whatever happens. */
  readonly endsAt: number;
}

/** Where sessions are kept: the table of the store, which holds only digests of the numbers. */
export interface SessionStore {
  put(number: string, session: unknown, expires: Date): Promise<void>;
  /** Replaces a session that is still there. */
  renew(number: string, session: unknown, expires: Date): Promise<void>;
  get(number: string): Promise<unknown>;
  end(number: string): Promise<void>;
  sweep(): Promise<void>;
}
