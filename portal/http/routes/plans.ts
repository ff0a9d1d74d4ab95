import { z } from "@hono/zod-openapi";
import type { Api, ApiParts } from "../api.ts";
import { actorOf } from "../environment.ts";
import { APPROVERS, IdempotencyKey, OPERATORS, READERS, REQUESTERS, route } from "../route.ts";
import {
  body,
  Identifier,
  json,
  OperationSchema,
  PageQuery,
  PlanRequestSchema,
  PlanSchema,
  PlanSummarySchema,
  pageOf,
  ReviewSchema,
  StackName,
} from "../schemas.ts";

const ofPlan = z.object({ plan: Identifier });

export function planRoutes(api: Api, { service }: ApiParts): void {
  api.openapi(
    route(REQUESTERS, {
      method: "post",
      path: "/stacks/{stack}/plans",
      summary: "Plan an up or a destroy of the document as it is now",
      request: { params: z.object({ stack: StackName }), headers: IdempotencyKey, body: body(PlanRequestSchema) },
      responses: { 201: json(PlanSchema, "The plan; `Location` names it.") },
    }),
    async (c) => {
      const plan = await service.requestPlan(actorOf(c), c.req.valid("param").stack, c.req.valid("json").kind);
      c.header("location", `/api/v1/plans/${plan.id}`);
      return c.json(plan, 201);
    },
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/plans",
      summary: "Plans of a stack, newest first",
      request: { params: z.object({ stack: StackName }), query: PageQuery },
      responses: { 200: json(pageOf(PlanSummarySchema, "Plans"), "A page of plans.") },
    }),
    async (c) => c.json(await service.plans(actorOf(c), c.req.valid("param").stack, c.req.valid("query")), 200),
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/plans/{plan}",
      summary: "One plan with everything it would change",
      request: { params: ofPlan },
      responses: { 200: json(PlanSchema, "The plan.") },
    }),
    async (c) => c.json(await service.plan(actorOf(c), c.req.valid("param").plan), 200),
  );

  api.openapi(
    route(APPROVERS, {
      method: "post",
      path: "/plans/{plan}/approvals",
      summary: "Approve or reject a plan",
      request: { params: ofPlan, headers: IdempotencyKey, body: body(ReviewSchema) },
      responses: { 201: json(PlanSchema, "The plan with the verdict.") },
    }),
    async (c) => {
      const { verdict, comment, digest } = c.req.valid("json");
      return c.json(await service.review(actorOf(c), c.req.valid("param").plan, verdict, comment, digest), 201);
    },
  );

  api.openapi(
    route(OPERATORS, {
      method: "post",
      path: "/plans/{plan}/apply",
      summary: "Put the plan's operation into the stack's queue",
      request: { params: ofPlan, headers: IdempotencyKey },
      responses: { 202: json(OperationSchema, "The operation; `Location` names it.") },
    }),
    async (c) => {
      const operation = await service.apply(actorOf(c), c.req.valid("param").plan);
      c.header("location", `/api/v1/operations/${operation.id}`);
      return c.json(operation, 202);
    },
  );
}
