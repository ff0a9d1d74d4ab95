import { setTimeout as pause } from "node:timers/promises";
import type { MiddlewareHandler } from "hono";
import { digest } from "../../components/digest.ts";
import { actorOf, type PortalEnv } from "../http/environment.ts";
import type { AnswerStore } from "../http/idempotency.ts";
import { Refusal } from "../service.ts";
import { ONCE_FIELD } from "./layout.ts";

/** A second click waits so long for the answer to the first. */
const WAIT_MS = 100_000;
const ASK_EVERY_MS = 250;

/** Does a form that was sent twice, as by a double click or a reload, once; the second answer leads to the same page. */
export function once(answers: AnswerStore): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    const fields = await c.req.parseBody();
    const given = fields[ONCE_FIELD];
    if (typeof given !== "string" || !/^[\w-]{1,64}$/.test(given)) return next();
    const actor = actorOf(c).id;
    const sent = digest(JSON.stringify([c.req.path, fields]));
    const key = `form-${given}-${sent.slice(0, 32)}`;
    const before = await begun(answers, actor, key, sent);
    if (before !== "new") return c.redirect(before.headers.location ?? "/", 303);
    await next();
    const location = c.res.headers.get("location");
    if (c.error === undefined && c.res.status === 303 && location !== null)
      await answers.finish(actor, key, { status: 303, headers: { location }, body: "" }).catch(c.var.log);
    else await answers.abandon(actor, key);
  };
}

async function begun(answers: AnswerStore, actor: string, key: string, sent: string): ReturnType<AnswerStore["begin"]> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    try {
      return await answers.begin(actor, key, sent);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "conflict" || Date.now() > until) throw error;
      await pause(ASK_EVERY_MS);
    }
  }
}
