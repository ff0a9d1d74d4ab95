import { z } from "@hono/zod-openapi";
import { type Actor, type OperationSummary, type PortalService, Refusal } from "../../service.ts";
import type { Api, ApiParts } from "../api.ts";
import { actorOf } from "../environment.ts";
import { READERS, route } from "../route.ts";
import { Identifier, json, OperationSchema, PageQuery, pageOf, StackName } from "../schemas.ts";

const VerifyRunSchema = z
  .strictObject({
    operation: OperationSchema,
    probes: z.array(z.unknown()).openapi({ description: "Results of the probes sent so far, as `gateway verify --json` gives them." }),
  })
  .openapi("VerifyRun");

export function verifyRoutes(api: Api, { service }: ApiParts): void {
  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/verify-runs",
      summary: "Operations that sent the probes to the stack's gateway, newest first",
      request: { params: z.object({ stack: StackName }), query: PageQuery },
      responses: { 200: json(pageOf(OperationSchema, "VerifyRuns"), "A page of operations.") },
    }),
    async (c) => c.json(await service.operations(actorOf(c), c.req.valid("param").stack, c.req.valid("query"), { kind: "verify" }), 200),
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/verify-runs/{operation}",
      summary: "What the probes of one run found",
      request: { params: z.object({ operation: Identifier }) },
      responses: { 200: json(VerifyRunSchema, "The run.") },
    }),
    async (c) => {
      const [actor, id] = [actorOf(c), c.req.valid("param").operation];
      const operation = await service.operation(actor, id);
      if (operation.kind !== "verify")
        throw new Refusal("not found", `Operation ${id} sent no probes`, "ask for an operation of the kind verify");
      return Response.json({ operation, probes: await probesOf(service, actor, operation) }) as never;
    },
  );
}

/** How long a run that is under way is read. */
const RUNNING_MS = 500;

/** Reads what is stored; of a run under way, what is there within half a second. */
async function probesOf(service: PortalService, actor: Actor, { id, endedAt }: OperationSummary): Promise<unknown[]> {
  const signal = endedAt === undefined ? AbortSignal.timeout(RUNNING_MS) : new AbortController().signal;
  const probes: unknown[] = [];
  try {
    for await (const { event } of service.events(actor, id, 0, signal)) if ("probe" in event) probes.push(event.probe);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return probes;
}
