import { z } from "@hono/zod-openapi";
import type { Api, ApiParts } from "../api.ts";
import { actorOf } from "../environment.ts";
import { READERS, REQUESTERS, route } from "../route.ts";
import { body, json, SecretName, SecretNamesSchema, SecretValueSchema, StackName } from "../schemas.ts";

export function secretRoutes(api: Api, { service }: ApiParts): void {
  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/secrets",
      summary: "Names of the stack's secrets; values are never given back",
      request: { params: z.object({ stack: StackName }) },
      responses: { 200: json(SecretNamesSchema, "The names.") },
    }),
    async (c) => c.json({ names: await service.secrets(actorOf(c), c.req.valid("param").stack) }, 200),
  );

  api.openapi(
    route(REQUESTERS, {
      method: "put",
      path: "/stacks/{stack}/secrets/{name}",
      summary: "Keep a value, encrypted by the stack's own key; plans made before become stale",
      request: { params: z.object({ stack: StackName, name: SecretName }), body: body(SecretValueSchema) },
      responses: { 204: { description: "It is kept." } },
    }),
    async (c) => {
      const { stack, name } = c.req.valid("param");
      await service.setSecret(actorOf(c), stack, name, c.req.valid("json").value);
      return c.body(null, 204);
    },
  );
}
