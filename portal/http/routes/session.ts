import { z } from "@hono/zod-openapi";
import type { Api } from "../api.ts";
import { actorOf } from "../environment.ts";
import { route } from "../route.ts";
import { json } from "../schemas.ts";

const SessionSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    roles: z.array(z.enum(["viewer", "requester", "approver", "admin"])),
    stacks: z.array(z.string()).openapi({ description: "Globs of the stacks the roles hold for." }),
    csrfToken: z.string().optional().openapi({ description: "For the header X-CSRF-Token; only where a cookie signs in." }),
    endsAt: z.iso.datetime().optional(),
  })
  .openapi("Session");

export function sessionRoutes(api: Api): void {
  api.openapi(
    route("signed in", {
      method: "get",
      path: "/session",
      summary: "Who is signed in",
      responses: { 200: json(SessionSchema, "The caller.") },
    }),
    (c) => {
      const { id, name, roles, stacks } = actorOf(c);
      const { session } = c.var;
      const more = session === undefined ? {} : { csrfToken: session.csrfToken, endsAt: new Date(session.endsAt).toISOString() };
      return c.json({ id, name, roles: [...roles], stacks: [...stacks], ...more }, 200);
    },
  );
}
