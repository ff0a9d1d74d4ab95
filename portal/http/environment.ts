import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { SecureHeadersVariables } from "hono/secure-headers";
import type { Actor } from "../service.ts";
import type { Session } from "../sign-in/session.ts";

/** What handlers find in `c.var`. */
export interface PortalVariables extends SecureHeadersVariables {
  /** Number of the request, in its problem document and in the log. */
  readonly requestId: string;
  /** The client's address; what a trusted proxy said, otherwise the connection's other end. */
  readonly address: string;
  /** Writes an error that nobody foresaw to the portal's log, with the request's number. */
  readonly log: (error: unknown) => void;
  /** Who calls; absent when nobody is signed in. */
  readonly actor?: Actor;
  /** The browser's session; absent for API clients, which bring a token with each request. */
  readonly session?: Session;
}

export interface PortalEnv {
  Variables: PortalVariables;
  Bindings: Partial<HttpBindings>;
}

export type PortalContext = Context<PortalEnv>;

/** The actor of a request that a route's guard let in. */
export function actorOf(c: PortalContext): Actor {
  const { actor } = c.var;
  if (actor === undefined) throw new Error(`${c.req.method} ${c.req.path} was handled without an actor`);
  return actor;
}
