import { openProject } from "../../../automation/project.ts";
import type { RateLimits } from "../../../portal/http/limits.ts";
import { portalPages } from "../../../portal/page/index.ts";
import { openPortalService, type PortalOptions } from "../../../portal/service/index.ts";
import { readSettings } from "../../../portal/settings.ts";
import { servePortal } from "../../../portal/start.ts";

// Test equipment: the whole portal, HTTP and pages included, in a process of its own. It ends with its parent.

export interface HttpOptions {
  readonly options: Omit<PortalOptions, "project">;
  readonly root: string;
  readonly rates?: RateLimits;
}

const { options, root, rates } = JSON.parse(process.argv[2] ?? "{}") as HttpOptions;
process.on("disconnect", () => process.exit(0));
process.on("message", (message) => {
  if (message === "memory") {
    (globalThis as { gc?: () => void }).gc?.();
    process.send?.({ memory: process.memoryUsage() });
  }
});
const tell = (entry: string) => process.send?.({ log: entry });
const portal = await servePortal(
  async () => {
    const service = await openPortalService({
      ...options,
      project: openProject(root),
      log: (error) => tell(error instanceof Error ? error.message : String(error)),
    });
    process.once("SIGTERM", () => void portal.close().then(() => service.close().then(() => process.exit(0))));
    return { service, sessions: service.sessions, answers: service.answers, pages: portalPages() };
  },
  {
    settings: readSettings({ port: "0" }, {}),
    version: "0.0.0",
    log: tell,
    announce: () => {},
    ...(rates === undefined ? {} : { rates }),
  },
);
process.send?.({ url: portal.url.href, token: portal.apiToken });
