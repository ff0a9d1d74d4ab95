import type { PortalPages } from "../http/app.ts";
import { loadAssets } from "./assets.ts";
import { page } from "./layout.ts";
import { documentPages } from "./routes/documents.ts";
import { frameOf } from "./routes/handlers.ts";
import { operationPages } from "./routes/operations.ts";
import { planPages } from "./routes/plans.ts";
import { recordPages } from "./routes/records.ts";
import { stackPages } from "./routes/stacks.ts";
import { problemView } from "./views/problem.ts";

/** A year: addresses of assets change with their content. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** The portal's pages. Reads their files. @throws Error when a package they need is not installed */
export function portalPages(): PortalPages {
  const assets = loadAssets();
  return {
    mount(app, { service, answers }) {
      app.get("/assets/*", (c, next) => {
        const asset = assets.find(c.req.path);
        if (asset === undefined) return next();
        return c.body(asset.content, 200, { "content-type": asset.type, "cache-control": FOR_EVER });
      });
      const parts = { app, service, answers };
      for (const add of [stackPages, documentPages, planPages, operationPages, recordPages]) add(parts);
    },
    problem(c, problem) {
      const { title, message, remedy, faults, status } = problem;
      return c.html(page(frameOf(c), problemView({ title, message, remedy, faults, request: c.var.requestId })), status);
    },
  };
}
