import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from "jose";
import * as client from "openid-client";
import { isLoopback } from "../http/client-address.ts";
import type { PortalContext, PortalEnv } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import type { SignInMethod } from "./authenticator.ts";
import { type ClaimSettings, identityOf } from "./claims.ts";
import { safePath } from "./return-path.ts";
import type { Identity } from "./session.ts";

export interface OidcSettings {
  /** As the provider calls itself; `https`, or `http` on loopback. */
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client, which PKCE protects. */
  readonly clientSecret?: string;
  /** What is asked for. @default "openid profile email" */
  readonly scopes: string;
  /** What access tokens of API clients are made for. @default the portal's URL */
  readonly audience: string;
  readonly claims: ClaimSettings;
}

export const CALLBACK_PATH = "/sign-in/callback";
const COOKIE = "portal-sign-in";
/** How long somebody may take at the identity provider, in seconds. */
const PATIENCE_SECONDS = 600;
/** Signed by the provider's key, never by a secret that the portal has too. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const CLOCK_SECONDS = 30;

interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

/** Signs in by OpenID Connect: code flow with PKCE, state and nonce. */
export class OidcSignIn implements SignInMethod {
  readonly kind = "oidc";
  readonly #settings: OidcSettings;
  readonly #url: URL;
  #discovered: Promise<client.Configuration> | undefined;
  #keys: JWTVerifyGetKey | undefined;

  /** @param url the portal as browsers reach it */
  constructor(settings: OidcSettings, url: URL) {
    this.#settings = settings;
    this.#url = url;
  }

  async begin(c: PortalContext, returnTo: string): Promise<Response> {
    const provider = await this.#provider();
    const begun: Begun = { state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier(), returnTo };
    setCookie(c, COOKIE, Buffer.from(JSON.stringify(begun)).toString("base64url"), {
      prefix: "host",
      httpOnly: true,
      sameSite: "Lax",
      maxAge: PATIENCE_SECONDS,
    });
    const to = client.buildAuthorizationUrl(provider, {
      redirect_uri: new URL(CALLBACK_PATH, this.#url).href,
      scope: this.#settings.scopes,
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: "S256",
      state: begun.state,
      nonce: begun.nonce,
    });
    return c.redirect(to.href);
  }

  async finish(c: PortalContext): Promise<{ identity: Identity; returnTo: string }> {
    const begun = begunBefore(c);
    deleteCookie(c, COOKIE, { prefix: "host", secure: true, path: "/" });
    if (begun === undefined)
      throw new Problem("unauthenticated", "This browser has not begun to sign in here, or took too long.", {
        remedy: "begin again at /sign-in",
      });
    const provider = await this.#provider();
    const current = new URL(CALLBACK_PATH + new URL(c.req.url).search, this.#url);
    try {
      const tokens = await client.authorizationCodeGrant(provider, current, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error("the provider gave no ID token");
      return {
        identity: identityOf(provider.serverMetadata().issuer, { ...claims }, this.#settings.claims),
        returnTo: safePath(begun.returnTo),
      };
    } catch (error) {
      if (isAway(error)) throw this.#away(error);
      c.var.log(error);
      throw new Problem("unauthenticated", "The identity provider's answer was not accepted.", { remedy: "begin again at /sign-in" });
    }
  }

  async bearer(token: string): Promise<Identity | undefined> {
    const provider = await this.#provider();
    const { issuer, jwks_uri } = provider.serverMetadata();
    if (jwks_uri === undefined) return undefined;
    this.#keys ??= createRemoteJWKSet(new URL(jwks_uri));
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience: this.#settings.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SECONDS,
        requiredClaims: ["sub", "exp"],
      });
      return identityOf(issuer, payload, this.#settings.claims);
    } catch (error) {
      if (isAway(error)) throw this.#away(error);
      return undefined;
    }
  }

  async signOutUrl(): Promise<string | undefined> {
    const provider = await this.#provider();
    if (provider.serverMetadata().end_session_endpoint === undefined) return undefined;
    return client.buildEndSessionUrl(provider, {
      client_id: this.#settings.clientId,
      post_logout_redirect_uri: new URL("/signed-out", this.#url).href,
    }).href;
  }

  /** Asked when it is needed first, and again as long as it does not answer, so that the portal starts without it. */
  async #provider(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const server = new URL(issuer);
    const execute = server.protocol === "http:" && isLoopback(server.hostname) ? [client.allowInsecureRequests] : [];
    const authentication = clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
    this.#discovered ??= client.discovery(server, clientId, undefined, authentication, { execute, timeout: 10 });
    try {
      return await this.#discovered;
    } catch (error) {
      this.#discovered = undefined;
      throw this.#away(error);
    }
  }

  #away(cause: unknown): Problem {
    const problem = new Problem("unavailable", `The identity provider ${this.#settings.issuer} does not answer.`, {
      remedy: "try again in a moment",
      headers: { "retry-after": "10" },
    });
    problem.cause = cause;
    return problem;
  }
}

function begunBefore(c: Context<PortalEnv>): Begun | undefined {
  try {
    const { state, nonce, verifier, returnTo } = JSON.parse(Buffer.from(getCookie(c, COOKIE, "host") ?? "", "base64url").toString());
    if (![state, nonce, verifier, returnTo].every((part) => typeof part === "string" && part !== "")) return undefined;
    return { state, nonce, verifier, returnTo };
  } catch {
    return undefined;
  }
}

/** Whether the provider was not reached, rather than refused. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (code === "ERR_JWKS_TIMEOUT" || code === "OAUTH_TIMEOUT" || code === "ERR_JOSE_GENERIC") return true;
  return (error instanceof TypeError && error.message === "fetch failed") || (cause !== undefined && isAway(cause));
}
