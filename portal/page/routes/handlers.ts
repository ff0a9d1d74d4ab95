import type { Context, Hono } from "hono";
import type { PortalContext, PortalEnv } from "../../http/environment.ts";
import type { AnswerStore } from "../../http/idempotency.ts";
import { guard } from "../../http/route.ts";
import { type Page, type PageRequest, type PortalService, Refusal } from "../../service.ts";
import { loadAssets } from "../assets.ts";
import { type Frame, type PageContent, page } from "../layout.ts";

/** What the routes of the pages work with. */
export interface PageParts {
  readonly app: Hono<PortalEnv>;
  readonly service: PortalService;
  readonly answers: AnswerStore;
}

/** Whoever is not signed in is led to the sign-in; what the others may do the service decides. */
export const signedIn = guard("signed in");

export function frameOf(c: PortalContext): Frame {
  const { actor, session } = c.var;
  return {
    assets: loadAssets(),
    nonce: c.get("secureHeadersNonce") ?? "",
    csrf: session?.csrfToken ?? "",
    ...(actor === undefined ? {} : { actor }),
  };
}

/** Answers with a page. */
export function show(c: PortalContext, content: PageContent, status: 200 | 409 | 422 = 200): Response {
  return c.html(page(frameOf(c), content), status) as Response;
}

/** After something was done: on to the page that shows it. */
export const goTo = (c: Context<PortalEnv>, path: string): Response => c.redirect(path, 303);

/** The texts of a form; what was not sent is empty. Line ends are those of Unix, whatever the browser sends. */
export async function fieldsOf<K extends string>(c: PortalContext, ...names: readonly K[]): Promise<Readonly<Record<K, string>>> {
  const body = await c.req.parseBody();
  const text = (name: string) => {
    const value = body[name];
    return typeof value === "string" ? value.replaceAll("\r\n", "\n") : "";
  };
  return Object.fromEntries(names.map((name) => [name, text(name)])) as Record<K, string>;
}

/** A choice out of a few. @throws Refusal for anything else */
export function oneOf<T extends string>(value: string, choices: readonly T[], field: string): T {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined)
    throw new Refusal("invalid", `${field} is ${JSON.stringify(value.slice(0, 100))}`, `send one of ${choices.join(", ")}`);
  return choice;
}

/** What page of a list is asked for. */
export function pageRequest(c: PortalContext, limit = 50): PageRequest {
  const after = c.req.query("after");
  return after === undefined ? { limit } : { after, limit };
}

/** The value, or something else where the service refuses with one of the codes. */
export async function orElse<T>(value: Promise<T>, other: T, ...codes: readonly Refusal["code"][]): Promise<T> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof Refusal && codes.includes(error.code)) return other;
    throw error;
  }
}

export const NO_PAGE: Page<never> = { items: [] };
