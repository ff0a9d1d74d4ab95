import type { MiddlewareHandler } from "hono";
import { digest } from "../../components/digest.ts";
import type { IdempotencyKeys, KeptAnswer } from "../store/idempotency.ts";
import type { PortalEnv } from "./environment.ts";

/** Where answers are kept, shared by all replicas. */
export type AnswerStore = Pick<IdempotencyKeys, "begin" | "finish" | "abandon">;

/** What an `Idempotency-Key` may be. */
export const KEY = /^[\x21-\x7e]{1,255}$/;

const KEPT_HEADERS = ["content-type", "location", "etag"];

/**
 * Does a POST with an `Idempotency-Key` once, and gives its answer again to whoever repeats it. Only what was done is kept: a refused request is judged anew,
 * because what refused it may be over.
 */
export function idempotency(store: AnswerStore): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    const { actor } = c.var;
    const key = c.req.method === "POST" ? c.req.header("idempotency-key") : undefined;
    // What is no key is refused by the route.
    if (key === undefined || actor === undefined || !KEY.test(key)) return next();
    const answer = await store.begin(actor.id, key, digest(JSON.stringify([c.req.method, c.req.path, await c.req.text()])));
    if (answer !== "new") {
      const { status, headers, body } = answer;
      return new Response(body, { status, headers: { ...headers, "idempotent-replayed": "true" } });
    }
    await next();
    if (c.res.ok && c.error === undefined)
      // What was done is answered as done, also when the database goes away before the answer is kept.
      await store.finish(actor.id, key, await copyOf(c.res)).catch(c.var.log);
    else await store.abandon(actor.id, key);
  };
}

async function copyOf(response: Response): Promise<KeptAnswer> {
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { status: response.status, headers: Object.fromEntries(headers), body: await response.clone().text() };
}
