import { randomUUID } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie } from "hono/cookie";
import { methodNotAllowed } from "hono/method-not-allowed";
import { html } from "../../automation/plan/html/markup.ts";
import type { PortalService } from "../service.ts";
import type { SignInMethod } from "../sign-in/authenticator.ts";
import { signInPage } from "../sign-in/pages.ts";
import { SESSION_COOKIE, signInRoutes } from "../sign-in/routes.ts";
import type { Identity } from "../sign-in/session.ts";
import type { Sessions } from "../sign-in/sessions.ts";
import { API_PATH, createApi } from "./api.ts";
import { clientAddress, type Network } from "./client-address.ts";
import type { PortalContext, PortalEnv } from "./environment.ts";
import { type AnswerStore, idempotency } from "./idempotency.ts";
import { BODY_BYTES, Limits, type RateLimits } from "./limits.ts";
import { Problem, problemOf } from "./problem.ts";
import type { DeclaredRoute } from "./route.ts";
import { HEALTH_PATH, noStore, ownHostOnly, ownPagesOnly, securityHeaders } from "./security.ts";

/** Pages for people, mounted beside the API. */
export interface PortalPages {
  /** Adds their routes. Everything of this module has run before: `c.var.actor` is known, requests that change something are checked. */
  mount(app: Hono<PortalEnv>, parts: { readonly service: PortalService; readonly answers: AnswerStore }): void;
  /** How a problem looks to somebody with a browser. */
  problem?(c: PortalContext, problem: Problem): Response | Promise<Response>;
}

export interface PortalAppOptions {
  readonly service: PortalService;
  readonly signIn: SignInMethod;
  readonly sessions: Sessions;
  readonly answers: AnswerStore;
  /** The portal as browsers reach it. */
  readonly url: URL;
  /** Further `Host`s it answers to, with their ports. */
  readonly hosts?: readonly string[];
  readonly trustedProxies?: readonly Network[];
  readonly rates?: RateLimits;
  readonly pages?: PortalPages;
  readonly version: string;
  /** Where unforeseen errors are written. */
  readonly log: (line: string) => void;
  /** Aborted when the portal stops: event streams end, and clients reconnect elsewhere. */
  readonly stopping: AbortSignal;
}

export interface PortalApp {
  readonly app: Hono<PortalEnv>;
  /** Every route of the API. */
  readonly routes: readonly DeclaredRoute[];
}

/** The whole HTTP side of the portal as one handler of requests. */
export function createPortalApp(options: PortalAppOptions): PortalApp {
  const { service, signIn, sessions, answers, url, pages } = options;
  const limits = new Limits(options.rates);
  const hosts = [url.host, ...(options.hosts ?? [])];
  const origins = hosts.map((host) => `${url.protocol}//${host}`);
  const app = new Hono<PortalEnv>();
  const { api, routes } = createApi({ service, answers, limits, stopping: options.stopping });

  app.onError((error, c) => answerProblem(c, error, options));
  app.notFound((c) =>
    answerProblem(c, new Problem("not-found", `There is no ${c.req.path} here.`, { remedy: "see /api/v1/openapi.json" }), options),
  );
  app.use(known(options));
  app.use(securityHeaders(url.protocol === "https:"), noStore);
  app.use(allowOnly(app, options));
  app.use(ownHostOnly(hosts));
  app.get(HEALTH_PATH, (c) => c.json({ status: "up" }));
  app.use(tooLarge);
  app.use(authenticated(signIn, sessions, limits));
  app.use(limits.middleware);
  app.use(ownPagesOnly(origins));
  app.use(`${API_PATH}/*`, idempotency(answers));
  const description = JSON.stringify(api.getOpenAPI31Document(openApiDocument(options.version)));
  app.get(`${API_PATH}/openapi.json`, (c) => c.body(description, 200, { "content-type": "application/json" }));
  app.route(API_PATH, api);
  signInRoutes(app, signIn, sessions, limits);
  pages?.mount(app, { service, answers });
  return { app, routes };
}

/** Numbers the request and finds out where it comes from. */
function known({ trustedProxies = [], log }: PortalAppOptions): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    const requestId = randomUUID();
    c.set("requestId", requestId);
    const peer = c.env?.incoming?.socket?.remoteAddress ?? "unknown";
    c.set("address", clientAddress(peer, c.req.header("x-forwarded-for"), trustedProxies));
    c.set("log", (error) => log(logLine(requestId, c.req.method, c.req.path, error)));
    await next();
    c.res.headers.set("x-request-id", requestId);
  };
}

function logLine(requestId: string, method: string, path: string, error: unknown): string {
  const { stack, message, cause } = error instanceof Error ? error : { stack: undefined, message: String(error), cause: undefined };
  const causes = cause instanceof Error ? `; because ${cause.message}` : "";
  return JSON.stringify({ at: new Date().toISOString(), requestId, method, path, error: `${message}${causes}`, stack });
}

const tooLarge = bodyLimit({
  maxSize: BODY_BYTES,
  onError: () => {
    throw new Problem("too-large", `The request's body is larger than ${BODY_BYTES} bytes.`, { remedy: "send less" });
  },
});

/** Paths with another method than they have: 405 with `Allow`. */
function allowOnly(app: Hono<PortalEnv>, options: PortalAppOptions): MiddlewareHandler<PortalEnv> {
  return methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      const allow = methods.join(", ");
      const problem = new Problem("method-not-allowed", `${c.req.path} takes ${allow}.`, {
        remedy: "see /api/v1/openapi.json",
        headers: { allow },
      });
      return answerProblem(c as PortalContext, problem, options);
    },
  });
}

/** Finds out who calls: by access token, or else by the session's cookie. */
function authenticated(signIn: SignInMethod, sessions: Sessions, limits: Limits): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    const authorization = c.req.header("authorization");
    if (authorization !== undefined) c.set("actor", { ...(await bearer(c, authorization)), from: c.var.address });
    else {
      const number = getCookie(c, SESSION_COOKIE, "host");
      const session = number === undefined ? undefined : await sessions.find(number);
      if (session !== undefined) {
        c.set("session", session);
        c.set("actor", { ...session.identity, from: c.var.address });
      }
    }
    await next();
  };

  async function bearer(c: PortalContext, authorization: string): Promise<Identity> {
    const token = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(authorization)?.[1];
    const identity = token === undefined ? undefined : await signIn.bearer(token);
    if (identity !== undefined) return identity;
    await limits.count("attempts", c.var.address);
    throw new Problem(
      "unauthenticated",
      "The access token is not accepted: it is not for this portal, has expired, or was not signed by its issuer.",
      {
        remedy: "get a new token",
        headers: { "www-authenticate": 'Bearer error="invalid_token"' },
      },
    );
  }
}

async function answerProblem(c: PortalContext, error: unknown, { pages }: PortalAppOptions): Promise<Response> {
  const { problem, unforeseen } = problemOf(error);
  if (unforeseen) c.var.log(error);
  for (const [name, value] of Object.entries(problem.headers)) c.header(name, value);
  if (wantsPage(c)) {
    if (problem.code === "unauthenticated" && c.req.method === "GET" && !c.req.path.startsWith("/sign-in"))
      return c.redirect(`/sign-in?returnTo=${encodeURIComponent(new URL(c.req.url).pathname)}`);
    if (pages?.problem !== undefined) return pages.problem(c, problem);
    const remedy = problem.remedy === "" ? "" : html`<p>What to do: ${problem.remedy}.</p>`;
    return c.html(signInPage(problem.title, html`<p>${problem.message}</p>${remedy}<p><a href="/">The portal</a></p>`), problem.status);
  }
  return c.body(JSON.stringify(problem.document(c.var.requestId)), problem.status, { "content-type": "application/problem+json" });
}

/** Whether somebody looks at a page, rather than a program at the API. */
export const wantsPage = (c: PortalContext) => !c.req.path.startsWith("/api/") && /\btext\/html\b/.test(c.req.header("accept") ?? "");

const openApiDocument = (version: string) => ({
  openapi: "3.1.0",
  info: {
    title: "Secure Gateway portal",
    version,
    description: "Gateways as a service: documents, plans, approvals and operations on stacks. Errors are problem documents (RFC 9457).",
  },
  servers: [{ url: API_PATH }],
});
