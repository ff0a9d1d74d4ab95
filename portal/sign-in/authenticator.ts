import type { PortalContext } from "../http/environment.ts";
import type { Identity } from "./session.ts";

/** A way to sign in. */
export interface SignInMethod {
  readonly kind: "local" | "oidc";
  /** Who an access token stands for; nothing when it is not accepted. */
  bearer(token: string): Promise<Identity | undefined>;
  /** GET /sign-in. @param returnTo path on this portal to go to afterwards */
  begin(c: PortalContext, returnTo: string): Promise<Response>;
  /** POST /sign-in, or the way back from the identity provider. */
  finish(c: PortalContext): Promise<{ readonly identity: Identity; readonly returnTo: string }>;
  /** Where the identity provider ends its own session, if it does. */
  signOutUrl(): Promise<string | undefined>;
}
