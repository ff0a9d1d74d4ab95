import { createHash, randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { html } from "hono/html";
import type { Role } from "../service.ts";
import { actorOf, type PortalContext, type PortalEnv } from "./environment.ts";
import type { AnswerStore } from "./idempotency.ts";
import { guard } from "./route.ts";
import { CSRF_FIELD } from "./security.ts";

/** Form field with a number of the form's own. */
export const ONCE_FIELD = "once";

/** Lets in those with one of the roles; whoever is not signed in is sent to sign in, and comes back. */
export const pageAccess = (...roles: readonly [Role, ...Role[]]): MiddlewareHandler<PortalEnv> => guard(roles);

/** The session's token as a hidden field: every form that changes something has one. */
export const csrfField = (c: PortalContext) => html`<input type="hidden" name="${CSRF_FIELD}" value="${c.var.session?.csrfToken ?? ""}">`;

/** A new number as a hidden field, for forms whose second click must not do it again. */
export const onceField = () => html`<input type="hidden" name="${ONCE_FIELD}" value="${randomUUID()}">`;

/**
 * Does what a form asks for once. A second click with the same `onceField` gets the first one's answer; what was refused may be tried again.
 *
 * @param perform does it, and answers with the path to go to
 */
export async function once(c: PortalContext, answers: AnswerStore, perform: () => Promise<string>): Promise<Response> {
  const form = await c.req.parseBody();
  const number = form[ONCE_FIELD];
  if (typeof number !== "string" || number === "") return c.redirect(await perform(), 303);
  const actor = actorOf(c).id;
  const key = `form ${number}`.slice(0, 200);
  const fields = Object.entries(form).filter(([name]) => name !== CSRF_FIELD);
  const before = await answers.begin(
    actor,
    key,
    createHash("sha256")
      .update(JSON.stringify([c.req.path, fields]))
      .digest("hex"),
  );
  if (before !== "new") return c.redirect(before.body, 303);
  let path: string;
  try {
    path = await perform();
  } catch (error) {
    await answers.abandon(actor, key);
    throw error;
  }
  await answers.finish(actor, key, { status: 303, headers: {}, body: path });
  return c.redirect(path, 303);
}
