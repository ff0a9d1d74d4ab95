import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Role } from "../service.ts";
import type { PortalEnv } from "./environment.ts";
import { KEY } from "./idempotency.ts";
import { Problem, type ProblemCode } from "./problem.ts";

/** Who may call a route: anybody, everybody who is signed in, or those with one of the roles. */
export type Access = "anyone" | "signed in" | readonly Role[];

/** Who may read: every role. */
export const READERS: readonly Role[] = ["viewer", "requester", "approver", "admin"];
/** Who may write documents and ask for plans. No other role includes it, so that nobody who approves or administers writes by accident. */
export const REQUESTERS: readonly Role[] = ["requester"];
export const APPROVERS: readonly Role[] = ["approver"];
/** Who may run what was approved, and what needs no approval. */
export const OPERATORS: readonly Role[] = ["requester", "approver"];
export const ADMINS: readonly Role[] = ["admin"];

/** A declared route, for the table of roles and its test. */
export interface DeclaredRoute {
  readonly method: string;
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
}

/** What was said of a route made by `route`. @throws Error for one that was made otherwise, which nothing would guard */
export function declarationOf(config: RouteConfig): DeclaredRoute {
  const access = (config as { "x-roles"?: Access })["x-roles"];
  if (access === undefined) throw new Error(`${config.method} ${config.path} does not say who may call it: declare it with route()`);
  return { method: config.method.toUpperCase(), path: config.path, summary: config.summary ?? "", access };
}

export const ProblemSchema = z
  .strictObject({
    type: z.string().openapi({ example: "urn:secure-gateway:problem:stale" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().openapi({ description: "Number of the request; the portal's log has it too." }),
    remedy: z.string().optional().openapi({ description: "What the caller can do about it." }),
    faults: z.array(z.strictObject({ path: z.string(), message: z.string(), remedy: z.string() })).optional(),
  })
  .openapi("Problem", { description: "RFC 9457" });

/** An answer that is a problem document, for a route's `responses`. */
export const problemAnswer = (description: string) => ({ description, content: { "application/problem+json": { schema: ProblemSchema } } });

export const IdempotencyKey = z.object({
  "idempotency-key": z.string().regex(KEY).optional().openapi({
    description:
      "Any text of its own for each wish, such as a UUID. The same wish with the same key is done once; later calls get the first one's answer for a day.",
  }),
});

type Config<P extends string> = Omit<RouteConfig, "path" | "middleware" | "security"> & { readonly path: P; readonly summary: string };

/**
 * Declares a route of the API: who may call it, what it takes, what it answers. Adds the guard, the answers every route can give and, where there is a body,
 * the check of its type.
 */
export function route<P extends string, R extends Config<P>>(access: Access, config: R) {
  const takesBody = config.request?.body !== undefined;
  const answers: Record<number, ReturnType<typeof problemAnswer>> = {
    421: problemAnswer("The portal is not called by one of its own names."),
    429: problemAnswer("Too many requests; `Retry-After` says when to go on."),
    500: problemAnswer("The portal failed."),
    503: problemAnswer("The portal, or something it needs, is away for the moment."),
  };
  if (access !== "anyone") {
    answers[401] = problemAnswer("Not signed in.");
    answers[403] = problemAnswer("Signed in, but not allowed.");
  }
  if (config.request?.params !== undefined) answers[404] = problemAnswer("There is no such thing, or the caller may not know of it.");
  if (takesBody) {
    answers[400] = problemAnswer("The body is not the JSON it says it is.");
    answers[413] = problemAnswer("The body is larger than 1 MiB.");
    answers[415] = problemAnswer("The body is not JSON.");
  }
  if (config.method !== "get") answers[409] = problemAnswer("What is there now does not allow it.");
  if (takesBody || config.request?.query !== undefined || config.request?.headers !== undefined)
    answers[422] = problemAnswer("The values are wrong; `faults` says which.");
  const middleware: MiddlewareHandler<PortalEnv>[] = [guard(access), ...(takesBody ? [jsonOnly] : [])];
  return createRoute<P, R>({
    ...config,
    security: access === "anyone" ? [] : [{ token: [] }, { session: [] }],
    "x-roles": access === "anyone" || access === "signed in" ? access : [...access],
    responses: { ...answers, ...config.responses },
    middleware,
  });
}

/** Lets nobody in who is not named. */
export function guard(access: Access): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    if (access !== "anyone") {
      const { actor } = c.var;
      if (actor === undefined) throw notSignedIn();
      if (access !== "signed in" && !actor.roles.some((role) => access.includes(role))) {
        const names = access.join(" or ");
        throw new Problem("forbidden", `This takes the role ${names}; ${actor.name} has ${actor.roles.join(", ") || "none"}.`, {
          remedy: "ask those who manage the roles of your organization",
        });
      }
    }
    await next();
  };
}

export const notSignedIn = () =>
  new Problem("unauthenticated", "Nobody is signed in.", {
    remedy: "sign in at /sign-in, or send an access token as `Authorization: Bearer …`",
    headers: { "www-authenticate": "Bearer" },
  });

const jsonOnly: MiddlewareHandler<PortalEnv> = async (c, next) => {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Problem("unsupported-media-type", `The body's Content-Type is ${type === "" ? "missing" : JSON.stringify(type)}.`, {
      remedy: "send application/json",
    });
  await next();
};

/** The problem for parts of a request that do not fit their schema. */
export function invalidRequest(
  target: string,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Problem {
  const code: ProblemCode = target === "param" ? "not-found" : "invalid";
  const places: Record<string, string> = { param: "path", json: "body", query: "query", header: "header", cookie: "cookie" };
  const place = places[target] ?? target;
  const faults = issues.map(({ path, message }) => ({
    path: [place, ...path.map(String)].join("."),
    message,
    remedy: "see /api/v1/openapi.json",
  }));
  const what = faults.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new Problem(code, code === "not-found" ? `There is nothing of that name. ${what}` : what, {
    remedy: "see /api/v1/openapi.json",
    faults,
  });
}
