import { z } from "@hono/zod-openapi";
import type { NewStack } from "../../service.ts";
import type { Api, ApiParts } from "../api.ts";
import { actorOf } from "../environment.ts";
import { ADMINS, IdempotencyKey, READERS, REQUESTERS, route } from "../route.ts";
import { body, FourEyesSchema, json, NewStackSchema, PageQuery, pageOf, StackName, StackSchema } from "../schemas.ts";

const DEFAULT_PAGE = 50;

export function stackRoutes(api: Api, { service }: ApiParts): void {
  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks",
      summary: "Stacks the caller may see, by name",
      request: { query: PageQuery },
      responses: { 200: json(pageOf(StackSchema, "Stacks"), "A page of stacks.") },
    }),
    async (c) => {
      const { after, limit = DEFAULT_PAGE } = c.req.valid("query");
      const stacks = [...(await service.stacks(actorOf(c)))].sort((a, b) => (a.name < b.name ? -1 : 1));
      const rest = after === undefined ? stacks : stacks.filter(({ name }) => name > after);
      const items = rest.slice(0, limit);
      const next = rest.length > limit ? items.at(-1)?.name : undefined;
      return c.json({ items, ...(next === undefined ? {} : { next }) }, 200);
    },
  );

  api.openapi(
    route(REQUESTERS, {
      method: "post",
      path: "/stacks",
      summary: "Make a stack",
      request: { headers: IdempotencyKey, body: body(NewStackSchema) },
      responses: { 201: json(StackSchema, "The new stack; `Location` names it.") },
    }),
    async (c) => {
      const stack = await service.createStack(actorOf(c), withoutAbsent(c.req.valid("json")));
      c.header("location", `/api/v1/stacks/${encodeURIComponent(stack.name)}`);
      return c.json(stack, 201);
    },
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}",
      summary: "One stack",
      request: { params: z.object({ stack: StackName }) },
      responses: { 200: json(StackSchema, "The stack.") },
    }),
    async (c) => c.json(await service.stack(actorOf(c), c.req.valid("param").stack), 200),
  );

  api.openapi(
    route(ADMINS, {
      method: "put",
      path: "/stacks/{stack}/four-eyes",
      summary: "Say whether nobody may approve what they have requested themselves",
      request: { params: z.object({ stack: StackName }), body: body(FourEyesSchema) },
      responses: { 200: json(StackSchema, "The stack.") },
    }),
    async (c) => c.json(await service.setFourEyes(actorOf(c), c.req.valid("param").stack, c.req.valid("json").on), 200),
  );
}

/** JSON has no `undefined`; the compiler cannot know. */
const withoutAbsent = (wanted: z.output<typeof NewStackSchema>): NewStack => JSON.parse(JSON.stringify(wanted));
