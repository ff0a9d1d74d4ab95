import { z } from "@hono/zod-openapi";
import type { Api, ApiParts } from "../api.ts";
import { actorOf } from "../environment.ts";
import { READERS, route } from "../route.ts";
import { json, StackName } from "../schemas.ts";

const OutputsSchema = z.strictObject({ outputs: z.record(z.string(), z.unknown()) }).openapi("Outputs");
const CertificatesSchema = z.strictObject({ certificates: z.array(z.unknown()) }).openapi("Certificates");
const ofStack = z.object({ stack: StackName });

export function insightRoutes(api: Api, { service }: ApiParts): void {
  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/outputs",
      summary: "What the stack gives out; secrets are masked",
      request: { params: ofStack },
      responses: { 200: json(OutputsSchema, "The outputs.") },
    }),
    async (c) => Response.json({ outputs: await service.outputs(actorOf(c), c.req.valid("param").stack) }) as never,
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/certificates",
      summary: "Every certificate of the stack, with what renews it and when",
      request: { params: ofStack },
      responses: { 200: json(CertificatesSchema, "The certificates, as `gateway certs --json` lists them.") },
    }),
    async (c) => Response.json({ certificates: await service.certificates(actorOf(c), c.req.valid("param").stack) }) as never,
  );
}
