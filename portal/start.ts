import { createPortalApp, type PortalPages } from "./http/app.ts";
import type { AnswerStore } from "./http/idempotency.ts";
import type { RateLimits } from "./http/limits.ts";
import { listen } from "./http/server.ts";
import type { PortalService } from "./service.ts";
import type { PortalSettings } from "./settings.ts";
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
}

export interface RunningPortal {
  readonly url: URL;
  /** For API clients of a portal without OpenID Connect, until it stops. */
  readonly apiToken?: string;
  /** Ends event streams, lets answers end, and closes the listener; the parts are the caller's to close. */
  close(): Promise<void>;
}

/** Listens, and answers requests with the service. @throws ListenError */
export async function servePortal({ service, sessions, answers, pages }: PortalParts, options: ServeOptions): Promise<RunningPortal> {
  const { settings, version, log } = options;
  const stopping = new AbortController();
  const scheme = settings.tls === undefined ? "http" : "https";
  // The address is known when the listener is there, and is part of what it answers.
  let handle: ReturnType<typeof createPortalApp>["app"]["fetch"] | undefined;
  const listener = await listen(
    { fetch: (request, environment) => handle?.(request, environment) ?? new Response(null, { status: 503 }) },
    settings.host,
    settings.port,
    settings.tls,
  );
  const { port } = listener.address;
  const url = settings.url ?? new URL(`${scheme}://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${port}`);
  const local = new LocalSignIn((token) => options.announce(signInUrl(url, token)));
  const { oidc } = settings;
  const { app } = createPortalApp({
    service,
    answers,
    sessions: new Sessions(sessions, settings.times),
    signIn: oidc === undefined ? local : new OidcSignIn({ ...oidc, audience: oidc.audience ?? url.origin }, url),
    url,
    hosts: settings.url === undefined && oidc === undefined ? [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`] : [],
    trustedProxies: settings.trustedProxies,
    ...(options.rates === undefined ? {} : { rates: options.rates }),
    ...(pages === undefined ? {} : { pages }),
    version,
    log,
    stopping: stopping.signal,
  });
  handle = app.fetch;
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

const signInUrl = (url: URL, token: string) => new URL(`/sign-in?token=${token}`, url).href;
