import type { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { html } from "../../automation/plan/html/markup.ts";
import type { PortalContext, PortalEnv } from "../http/environment.ts";
import type { Limits } from "../http/limits.ts";
import { Problem } from "../http/problem.ts";
import { CSRF_FIELD } from "../http/security.ts";
import type { SignInMethod } from "./authenticator.ts";
import { CALLBACK_PATH } from "./oidc.ts";
import { signInPage } from "./pages.ts";
import { safePath } from "./return-path.ts";
import type { Sessions } from "./sessions.ts";

/** Name of the session's cookie, after `__Host-`. */
export const SESSION_COOKIE = "portal-session";

/** Adds /sign-in, the way back from the identity provider, /sign-out and /signed-out. */
export function signInRoutes(app: Hono<PortalEnv>, method: SignInMethod, sessions: Sessions, limits: Limits): void {
  app.get("/sign-in", async (c) => {
    const returnTo = safePath(c.req.query("returnTo"));
    if (c.var.session !== undefined) return c.redirect(returnTo);
    // A link that was clicked in the terminal; the token is gone from the address after the redirect.
    if (method.kind === "local" && c.req.query("token") !== undefined) return finish(c);
    return method.begin(c, returnTo);
  });
  if (method.kind === "local") app.post("/sign-in", (c) => finish(c));
  else app.get(CALLBACK_PATH, (c) => finish(c));

  app.get("/sign-out", (c) => {
    const { session } = c.var;
    if (session === undefined) return c.redirect("/signed-out");
    const form = html`<form method="post" action="/sign-out">
<input type="hidden" name="${CSRF_FIELD}" value="${session.csrfToken}">
<button>Sign out ${session.identity.name}</button>
</form>`;
    return c.html(signInPage("Sign out", form));
  });
  app.post("/sign-out", async (c) => {
    const number = getCookie(c, SESSION_COOKIE, "host");
    if (number !== undefined) await sessions.end(number);
    deleteCookie(c, SESSION_COOKIE, { prefix: "host", secure: true, path: "/" });
    return c.redirect("/signed-out", 303);
  });
  app.get("/signed-out", async (c) => {
    const elsewhere = await method.signOutUrl().catch(() => undefined);
    const more = elsewhere === undefined ? "" : html`<p><a href="${elsewhere}">Sign out at the identity provider as well</a></p>`;
    return c.html(signInPage("Signed out", html`<p>This browser is signed out of the portal. <a href="/sign-in">Sign in</a></p>${more}`));
  });

  async function finish(c: PortalContext): Promise<Response> {
    await limits.count("attempts", c.var.address);
    const { identity, returnTo } = await method.finish(c);
    if (identity.roles.length === 0)
      throw new Problem("forbidden", `${identity.name} is known to the identity provider, but has no role in this portal.`, {
        remedy: "ask those who manage the roles of your organization for viewer, requester, approver or admin",
      });
    // Always a new number, so that nobody can plant one before.
    const before = getCookie(c, SESSION_COOKIE, "host");
    if (before !== undefined) await sessions.end(before);
    const { number, session } = await sessions.open(identity);
    const maxAge = Math.ceil((session.endsAt - session.createdAt) / 1000);
    setCookie(c, SESSION_COOKIE, number, { prefix: "host", httpOnly: true, sameSite: "Lax", maxAge });
    return c.redirect(returnTo, 303);
  }
}
