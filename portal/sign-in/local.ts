import { randomBytes } from "node:crypto";
import { html } from "../../automation/plan/html/markup.ts";
import type { PortalContext } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import { isSame } from "../http/security.ts";
import type { SignInMethod } from "./authenticator.ts";
import { signInPage } from "./pages.ts";
import { safePath } from "./return-path.ts";
import type { Identity } from "./session.ts";

/** Whoever can read the terminal the portal was started in. */
const LOCAL: Identity = { id: "local", name: "local", roles: ["viewer", "requester", "approver", "admin"], stacks: ["*"] };

/** Signs in with a token that works once, for a portal on loopback. */
export class LocalSignIn implements SignInMethod {
  readonly kind = "local";
  /** For API clients, as long as the portal runs. */
  readonly apiToken = randomBytes(32).toString("base64url");
  readonly #announce: (token: string) => void;
  #token = randomBytes(24).toString("base64url");

  /** @param announce shows the next token where the first was shown, after one was used */
  constructor(announce: (token: string) => void) {
    this.#announce = announce;
  }

  /** The token that signs in next. */
  get token(): string {
    return this.#token;
  }

  async bearer(token: string): Promise<Identity | undefined> {
    return isSame(token, this.apiToken) ? LOCAL : undefined;
  }

  async begin(c: PortalContext, returnTo: string): Promise<Response> {
    const given = c.req.query("token") ?? "";
    const form = html`<p>Sign in with the token that the portal has printed where it was started.</p>
<form method="post" action="/sign-in">
<input type="hidden" name="returnTo" value="${returnTo}">
<label>Token <input name="token" value="${given}" required autocomplete="off" spellcheck="false"></label>
<button>Sign in</button>
</form>`;
    return c.html(signInPage("Sign in", form));
  }

  async finish(c: PortalContext): Promise<{ identity: Identity; returnTo: string }> {
    const { token, returnTo } = c.req.method === "GET" ? c.req.query() : await c.req.parseBody();
    if (typeof token !== "string" || !isSame(token, this.#token))
      throw new Problem("unauthenticated", "This token does not sign in: it is wrong, or was used before.", {
        remedy: "use the token that the portal has printed last",
      });
    this.#token = randomBytes(24).toString("base64url");
    this.#announce(this.#token);
    return { identity: LOCAL, returnTo: safePath(returnTo) };
  }

  async signOutUrl(): Promise<undefined> {
    return undefined;
  }
}
