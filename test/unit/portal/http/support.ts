import { setTimeout as pause } from "node:timers/promises";
import { createPortalApp, type PortalAppOptions } from "../../../../portal/http/app.ts";
import type { AnswerStore } from "../../../../portal/http/idempotency.ts";
import { type Listener, listen } from "../../../../portal/http/server.ts";
import type { Role } from "../../../../portal/service.ts";
import { Refusal } from "../../../../portal/service.ts";
import type { SignInMethod } from "../../../../portal/sign-in/authenticator.ts";
import type { Identity, SessionStore } from "../../../../portal/sign-in/session.ts";
import { Sessions } from "../../../../portal/sign-in/sessions.ts";
import { MemoryService } from "./memory-service.ts";

/** Sessions in memory. */
export class MemorySessions implements SessionStore {
  readonly kept = new Map<string, { session: unknown; expires: Date }>();
  failure: Error | undefined;
  async put(number: string, session: unknown, expires: Date): Promise<void> {
    if (this.failure) throw this.failure;
    this.kept.set(number, { session, expires });
  }
  async renew(number: string, session: unknown, expires: Date): Promise<void> {
    if (this.kept.has(number)) await this.put(number, session, expires);
  }
  async get(number: string): Promise<unknown> {
    if (this.failure) throw this.failure;
    return this.kept.get(number)?.session;
  }
  async end(number: string): Promise<void> {
    this.kept.delete(number);
  }
  async sweep(): Promise<void> {}
}

/** Kept answers in memory, with the refusals of the real ones. */
export class MemoryAnswers implements AnswerStore {
  readonly #kept = new Map<string, { request: string; answer?: Awaited<ReturnType<AnswerStore["begin"]>> }>();
  async begin(actor: string, key: string, request: string): ReturnType<AnswerStore["begin"]> {
    const kept = this.#kept.get(`${actor} ${key}`);
    if (kept === undefined) {
      this.#kept.set(`${actor} ${key}`, { request });
      return "new";
    }
    if (kept.request !== request)
      throw new Refusal("invalid", "The idempotency key was used for another request", "use a new key for every new request");
    if (kept.answer === undefined)
      throw new Refusal("conflict", "The same request is being answered at this moment", "wait for its answer, then ask again");
    return kept.answer;
  }
  async finish(actor: string, key: string, answer: Parameters<AnswerStore["finish"]>[2]): Promise<void> {
    const kept = this.#kept.get(`${actor} ${key}`);
    if (kept) kept.answer = answer;
  }
  async abandon(actor: string, key: string): Promise<void> {
    this.#kept.delete(`${actor} ${key}`);
  }
}

/** Signs in whoever the token names: `Bearer role.role@stack-glob`, and a browser with the same text as the token of /sign-in. */
export class NamedSignIn implements SignInMethod {
  readonly kind = "local";
  async bearer(token: string): Promise<Identity | undefined> {
    return identityNamed(token);
  }
  async begin(): Promise<Response> {
    return new Response("sign in", { headers: { "content-type": "text/html" } });
  }
  async finish(c: Parameters<SignInMethod["finish"]>[0]): Promise<{ identity: Identity; returnTo: string }> {
    const identity = identityNamed(c.req.query("token") ?? "");
    if (identity === undefined) throw new Refusal("forbidden", "no such person", "none");
    return { identity, returnTo: "/" };
  }
  async signOutUrl(): Promise<undefined> {
    return undefined;
  }
}

export const token = (roles: readonly Role[], stacks = "*") => `${roles.join(".") || "nobody"}~${stacks.replace("*", "all")}`;

function identityNamed(text: string): Identity | undefined {
  const [, roles = "", stacks = ""] = /^([a-z.]+)~(.+)$/.exec(text) ?? [];
  if (roles === "") return undefined;
  const named = roles.split(".").filter((role): role is Role => ["viewer", "requester", "approver", "admin"].includes(role));
  return { id: `test#${roles}`, name: roles, roles: named, stacks: [stacks.replace("all", "*")] };
}

export interface TestPortal {
  readonly url: string;
  readonly service: MemoryService;
  readonly sessions: MemorySessions;
  readonly log: string[];
  readonly app: ReturnType<typeof createPortalApp>;
  fetch(path: string, init?: RequestInit & { as?: readonly Role[] | undefined; json?: unknown; stacks?: string }): Promise<Response>;
  close(): Promise<void>;
}

/** A portal with everything but the database: a real listener on a free port. */
export async function startPortal(options: Partial<PortalAppOptions> & { now?: () => number } = {}): Promise<TestPortal> {
  const service = new MemoryService();
  const sessions = new MemorySessions();
  const stopping = new AbortController();
  const log: string[] = [];
  let app: ReturnType<typeof createPortalApp> | undefined;
  const listener: Listener = await listen(
    { fetch: (request, environment) => app?.app.fetch(request, environment) ?? new Response(null, { status: 503 }) },
    "127.0.0.1",
    0,
  );
  const url = new URL(`http://127.0.0.1:${listener.address.port}`);
  app = createPortalApp({
    service,
    signIn: new NamedSignIn(),
    sessions: new Sessions(sessions, undefined, options.now),
    answers: new MemoryAnswers(),
    url,
    rates: { reads: 100_000, changes: 100_000, strangers: 100_000, attempts: 100_000 },
    version: "0.0.0",
    log: (line) => log.push(line),
    stopping: stopping.signal,
    ...options,
  });
  return {
    url: url.origin,
    service,
    sessions,
    log,
    app,
    fetch(path, { as, json, stacks, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (as !== undefined) headers.set("authorization", `Bearer ${token(as, stacks)}`);
      if (json !== undefined) headers.set("content-type", "application/json");
      return fetch(new URL(path, url), {
        redirect: "manual",
        ...init,
        headers,
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
    },
    async close() {
      stopping.abort();
      await listener.close();
    },
  };
}

/** Somebody with every role. */
export const ALL = { as: ["viewer", "requester", "approver", "admin"] } as const;
export { pause };
