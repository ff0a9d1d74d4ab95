import { z } from "@hono/zod-openapi";
import type { Api, ApiParts } from "../api.ts";
import { actorOf } from "../environment.ts";
import { eventStream } from "../event-stream.ts";
import { ADMINS, IdempotencyKey, OPERATORS, READERS, route } from "../route.ts";
import { body, Identifier, json, OperationSchema, PageQuery, pageOf, StackName, StartSchema } from "../schemas.ts";

const ofOperation = z.object({ operation: Identifier });
const Sequence = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
  .optional();

/** What each event of a stream looks like. */
const ServerSentEvent = z
  .strictObject({
    id: z.string().openapi({ description: "The event's sequence number." }),
    event: z.string().openapi({ description: "Its kind, or its type." }),
    data: z.string().openapi({ description: "The Event as JSON." }),
  })
  .openapi("ServerSentEvent");

export function operationRoutes(api: Api, { service, limits, stopping }: ApiParts): void {
  api.openapi(
    route(OPERATORS, {
      method: "post",
      path: "/stacks/{stack}/operations",
      summary: "Start an operation that needs no plan",
      request: { params: z.object({ stack: StackName }), headers: IdempotencyKey, body: body(StartSchema) },
      responses: { 202: json(OperationSchema, "The operation; `Location` names it.") },
    }),
    async (c) => {
      const { kind, options } = c.req.valid("json");
      const operation = await service.start(actorOf(c), c.req.valid("param").stack, kind, options);
      c.header("location", `/api/v1/operations/${operation.id}`);
      return c.json(operation, 202);
    },
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/operations",
      summary: "Operations of a stack, newest first",
      request: { params: z.object({ stack: StackName }), query: PageQuery },
      responses: { 200: json(pageOf(OperationSchema, "Operations"), "A page of operations.") },
    }),
    async (c) => c.json(await service.operations(actorOf(c), c.req.valid("param").stack, c.req.valid("query")), 200),
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/operations/{operation}",
      summary: "One operation",
      request: { params: ofOperation },
      responses: { 200: json(OperationSchema, "The operation.") },
    }),
    async (c) => c.json(await service.operation(actorOf(c), c.req.valid("param").operation), 200),
  );

  api.openapi(
    route([...OPERATORS, ...ADMINS], {
      method: "post",
      path: "/operations/{operation}/cancel",
      summary: "Ask an operation to stop",
      request: { params: ofOperation, headers: IdempotencyKey },
      responses: { 202: json(OperationSchema, "The operation.") },
    }),
    async (c) => c.json(await service.cancel(actorOf(c), c.req.valid("param").operation), 202),
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/operations/{operation}/events",
      summary: "Events of an operation as they happen, to its end",
      request: {
        params: ofOperation,
        query: z.strictObject({
          after: Sequence.openapi({ type: "integer", minimum: 0, description: "The last event the caller has seen." }),
        }),
        headers: z.object({
          "last-event-id": Sequence.openapi({
            type: "integer",
            minimum: 0,
            description: "The same, as browsers send it when they reconnect; it wins.",
          }),
        }),
      },
      responses: {
        200: {
          description:
            "Server-Sent Events: `id` is the event's number, `event` its kind, `data` an Event as JSON. The stream closes after the last one.",
          content: { "text/event-stream": { schema: ServerSentEvent } },
        },
        204: { description: "The operation has ended and the caller has seen everything: do not reconnect." },
      },
    }),
    async (c) => {
      const after = c.req.valid("header")["last-event-id"] ?? c.req.valid("query").after ?? 0;
      return (await eventStream(c, { service, limits, stopping }, c.req.valid("param").operation, after)) as never;
    },
  );
}
