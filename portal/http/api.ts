import { OpenAPIHono } from "@hono/zod-openapi";
import type { PortalService } from "../service.ts";
import type { PortalEnv } from "./environment.ts";
import type { AnswerStore } from "./idempotency.ts";
import type { Limits } from "./limits.ts";
import { type DeclaredRoute, declarationOf, invalidRequest } from "./route.ts";
import { auditRoutes } from "./routes/audit.ts";
import { documentRoutes } from "./routes/documents.ts";
import { insightRoutes } from "./routes/insight.ts";
import { operationRoutes } from "./routes/operations.ts";
import { planRoutes } from "./routes/plans.ts";
import { secretRoutes } from "./routes/secrets.ts";
import { sessionRoutes } from "./routes/session.ts";
import { stackRoutes } from "./routes/stacks.ts";
import { verifyRoutes } from "./routes/verify-runs.ts";
import { EventSchema } from "./schemas.ts";

export const API_PATH = "/api/v1";

export type Api = OpenAPIHono<PortalEnv>;

/** What the routes work with. */
export interface ApiParts {
  readonly service: PortalService;
  readonly answers: AnswerStore;
  readonly limits: Limits;
  /** Ends every event stream when the portal stops. */
  readonly stopping: AbortSignal;
}

/** The API's routes, relative to `API_PATH`, and what was declared of them. */
export function createApi(parts: ApiParts): { readonly api: Api; readonly routes: readonly DeclaredRoute[] } {
  const api: Api = new OpenAPIHono<PortalEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.target, result.error.issues);
    },
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "An access token of the identity provider for this portal; on loopback the token printed at start.",
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "session", { type: "apiKey", in: "cookie", name: "__Host-portal-session" });
  // What the `data` of an event stream holds.
  api.openAPIRegistry.register("Event", EventSchema);
  for (const add of [
    sessionRoutes,
    stackRoutes,
    documentRoutes,
    secretRoutes,
    planRoutes,
    operationRoutes,
    verifyRoutes,
    insightRoutes,
    auditRoutes,
  ])
    add(api, parts);
  const routes = api.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? [declarationOf(definition.route)] : [],
  );
  return { api, routes };
}
