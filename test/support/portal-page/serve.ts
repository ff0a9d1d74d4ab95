import { portalPages } from "../../../portal/page/index.ts";
import type { PortalService } from "../../../portal/service.ts";
import { readSettings } from "../../../portal/settings.ts";
import { type RunningPortal, servePortal } from "../../../portal/start.ts";
import { MemoryAnswers, MemorySessions } from "../../unit/portal/http/support.ts";

export interface ServedPages {
  readonly portal: RunningPortal;
  /** The address that signs the next browser in. */
  signInUrl(): string;
  /** What the portal's log says. */
  readonly log: readonly string[];
}

/** The pages on a free port of loopback, in front of any service, with sessions in memory. */
export async function servePages(service: PortalService): Promise<ServedPages> {
  let signInUrl = "";
  const log: string[] = [];
  const portal = await servePortal(
    async () => ({ service, sessions: new MemorySessions(), answers: new MemoryAnswers(), pages: portalPages() }),
    {
      settings: readSettings({ port: "0" }, {}),
      version: "test",
      log: (line) => log.push(line),
      announce: (url) => {
        signInUrl = url;
      },
      rates: { reads: 100_000, changes: 100_000, strangers: 100_000, attempts: 100_000 },
    },
  );
  return { portal, signInUrl: () => signInUrl, log };
}
