import { timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { PortalEnv } from "./environment.ts";
import { Problem } from "./problem.ts";

/**
 * Headers of every answer. Scripts and styles run only from the portal itself or with the request's nonce; nothing comes from other hosts; nobody frames the portal
 * but itself. A handler that needs another policy for its answer sets the header itself.
 *
 * @param https whether browsers reach the portal by HTTPS
 */
export function securityHeaders(https: boolean): MiddlewareHandler<PortalEnv> {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", NONCE],
      styleSrc: ["'self'", NONCE],
      imgSrc: ["'self'", "data:"],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      workerSrc: ["'self'"],
      frameSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'self'"],
    },
    strictTransportSecurity: https ? "max-age=31536000; includeSubDomains" : false,
    referrerPolicy: "same-origin",
    xFrameOptions: "SAMEORIGIN",
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
    overwrite: false,
  });
}

/** Answers are about one caller, so no cache keeps them unless the handler says otherwise. */
export const noStore: MiddlewareHandler<PortalEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
};

/** Refuses calls by another name, so that a page elsewhere cannot reach a portal on loopback by a name of its own that leads there (DNS rebinding). */
export function ownHostOnly(hosts: readonly string[]): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    const host = c.req.header("host")?.toLowerCase() ?? "";
    if (c.req.path !== HEALTH_PATH && !hosts.includes(host))
      throw new Problem("misdirected", `This portal is not called ${JSON.stringify(host)}.`, { remedy: `use ${hosts.join(" or ")}` });
    await next();
  };
}

/** Asked by load balancers, which call a replica by its address. */
export const HEALTH_PATH = "/healthz";

/** Form field and header the session's token comes back in. */
export const CSRF_FIELD = "csrf";
export const CSRF_HEADER = "x-csrf-token";

const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * Requests that change something by a session's cookie must come from the portal's own pages, by the browser's word, and bring the session's token.
 * A request with an access token needs neither: no browser adds that by itself.
 */
export function ownPagesOnly(origins: readonly string[]): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    if (SAFE.has(c.req.method) || c.req.header("authorization") !== undefined) return next();
    fromOwnPage(c, origins);
    const { session } = c.var;
    if (session !== undefined && !isSame(await tokenOf(c), session.csrfToken))
      throw new Problem("forbidden", "The request does not carry this session's token.", {
        remedy: `reload the page; a script sends the token of GET /api/v1/session as ${CSRF_HEADER}`,
      });
    await next();
  };
}

function fromOwnPage(c: Context<PortalEnv>, origins: readonly string[]): void {
  const [site, origin] = [c.req.header("sec-fetch-site"), c.req.header("origin")];
  const foreign = (site !== undefined && site !== "same-origin") || (origin !== undefined && !origins.includes(origin));
  // A cookie without any word of a browser is a script that copied it; it can say where it comes from as well.
  const silent = site === undefined && origin === undefined && c.var.session !== undefined;
  if (foreign || silent)
    throw new Problem("forbidden", `The request comes from ${origin ?? site ?? "nowhere"}, not from one of the portal's own pages.`, {
      remedy: "API clients send an access token instead of a cookie",
    });
}

async function tokenOf(c: Context<PortalEnv>): Promise<string> {
  const header = c.req.header(CSRF_HEADER);
  if (header !== undefined) return header;
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(c.req.header("content-type") ?? "")) return "";
  const field = (await c.req.parseBody())[CSRF_FIELD];
  return typeof field === "string" ? field : "";
}

/** Compares in a time that does not tell where the first difference is. */
export function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
