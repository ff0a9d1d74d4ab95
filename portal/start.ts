import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createPortalApp, type PortalPages } from "./http/app.ts";
import type { AnswerStore } from "./http/idempotency.ts";
import type { RateLimits } from "./http/limits.ts";
import { Problem } from "./http/problem.ts";
import { type Handler, listen } from "./http/server.ts";
import { type PortalService, Refusal } from "./service.ts";
import type { PortalSettings } from "./settings.ts";
import type { SignInMethod } from "./sign-in/authenticator.ts";
import { LocalSignIn } from "./sign-in/local.ts";
import { OidcSignIn } from "./sign-in/oidc.ts";
import type { SessionStore } from "./sign-in/session.ts";
import { Sessions } from "./sign-in/sessions.ts";

/** What the HTTP side stands on. */
export interface PortalParts {
  readonly service: PortalService;
  readonly sessions: SessionStore;
  readonly answers: AnswerStore;
  readonly pages?: PortalPages;
}

export interface ServeOptions {
  readonly settings: PortalSettings;
  readonly version: string;
  /** A line for those who run the portal. */
  readonly log: (line: string) => void;
  /** Shows the address that signs in, at start and after each use. Never called with OpenID Connect. */
  readonly announce: (signInUrl: string) => void;
  readonly rates?: RateLimits;
  /** Told once, with the portal's address, when it waits for something that is away; it opens as soon as that is back. */
  readonly waiting?: (url: URL, reason: Refusal) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export interface RunningPortal {
  readonly url: URL;
  /** For API clients of a portal without OpenID Connect, until it stops. */
  readonly apiToken?: string;
  /** Ends event streams, lets answers end, and closes the listener; the parts are the caller's to close. */
  close(): Promise<void>;
}

/** Between two attempts to open what was away. */
const AGAIN_MS = 2_000;

/**
 * Listens, opens what the answers stand on, and answers requests with it; until then with 503.
 *
 * @param open makes the parts; it is asked again while it refuses because a database or a disk is away for the moment; when it rejects otherwise, the listener is closed
 *   and so does this
 * @throws ListenError before anything was opened
 */
export async function servePortal(open: () => Promise<PortalParts>, options: ServeOptions): Promise<RunningPortal> {
  const { settings } = options;
  let handle: Handler["fetch"] = () => notYet("The portal is starting.");
  const listener = await listen(
    { fetch: (request, environment) => handle(request, environment) },
    settings.host,
    settings.port,
    settings.tls,
  );
  const stopping = new AbortController();
  const url = urlOf(settings, listener.address.port);
  const { oidc } = settings;
  const local = new LocalSignIn((token) => options.announce(signInUrl(url, token)));
  try {
    const parts = await openPatiently(open, options.signal, (reason, first) => {
      handle = () => notYet(reason.message, reason.remedy);
      if (first) options.waiting?.(url, reason);
    });
    const signIn = oidc === undefined ? local : new OidcSignIn({ ...oidc, audience: oidc.audience ?? url.origin }, url);
    handle = handlerOf(parts, options, { url, port: listener.address.port, signIn, stopping: stopping.signal });
  } catch (error) {
    await listener.close();
    throw error;
  }
  if (oidc === undefined) options.announce(signInUrl(url, local.token));
  return {
    url,
    ...(oidc === undefined ? { apiToken: local.apiToken } : {}),
    async close() {
      stopping.abort();
      await listener.close();
    },
  };
}

interface Place {
  readonly url: URL;
  readonly port: number;
  readonly signIn: SignInMethod;
  readonly stopping: AbortSignal;
}

function handlerOf(parts: PortalParts, { settings, version, log, rates }: ServeOptions, { port, ...place }: Place): Handler["fetch"] {
  const { service, sessions, answers, pages } = parts;
  const { app } = createPortalApp({
    ...place,
    service,
    answers,
    sessions: new Sessions(sessions, settings.times),
    hosts: settings.url === undefined && settings.oidc === undefined ? [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`] : [],
    trustedProxies: settings.trustedProxies,
    ...(rates === undefined ? {} : { rates }),
    ...(pages === undefined ? {} : { pages }),
    version,
    log,
  });
  return (request, environment) => app.fetch(request, environment);
}

/** The portal as browsers reach it, where nothing else was said. */
function urlOf({ url, tls, host }: PortalSettings, port: number): URL {
  return url ?? new URL(`${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`);
}

async function openPatiently(
  open: () => Promise<PortalParts>,
  signal: AbortSignal | undefined,
  waits: (reason: Refusal, first: boolean) => void,
): Promise<PortalParts> {
  for (let first = true; ; first = false) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "unavailable" || signal?.aborted === true) throw error;
      waits(error, first);
    }
    await sleep(AGAIN_MS, undefined, signal === undefined ? {} : { signal });
  }
}

const notYet = (why: string, remedy = "try again in a moment") => {
  const problem = new Problem("unavailable", why, { remedy });
  const headers = { "content-type": "application/problem+json", "retry-after": "2" };
  return new Response(JSON.stringify(problem.document(randomUUID())), { status: problem.status, headers });
};

const signInUrl = (url: URL, token: string) => new URL(`/sign-in?token=${token}`, url).href;
