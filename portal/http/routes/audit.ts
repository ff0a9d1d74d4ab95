import type { Api, ApiParts } from "../api.ts";
import { actorOf } from "../environment.ts";
import { ADMINS, route } from "../route.ts";
import { AuditEntrySchema, json, PageQuery, pageOf } from "../schemas.ts";

export function auditRoutes(api: Api, { service }: ApiParts): void {
  api.openapi(
    route(ADMINS, {
      method: "get",
      path: "/audit",
      summary: "What was done and refused, newest first",
      request: { query: PageQuery },
      responses: { 200: json(pageOf(AuditEntrySchema, "AuditEntries"), "A page of the audit log.") },
    }),
    async (c) => c.json(await service.audit(actorOf(c), c.req.valid("query")), 200),
  );
}
