import { openProject } from "../../../../automation/project.ts";
import { openPortalService } from "../../../../portal/service/index.ts";
import type { PortalOptions } from "../../../../portal/service/options.ts";
import type { StoredEvent } from "../../../../portal/service.ts";
import { me } from "../support.ts";

// Test equipment: a portal in a process of its own, which does what its parent asks over the channel between them, so that it can be killed.

type Options = Omit<PortalOptions, "project"> & { readonly root: string };

const { root, ...options } = JSON.parse(process.argv[2] ?? "{}") as Options;
process.on("disconnect", () => process.exit(0));
const portal = await openPortalService({ ...options, project: openProject(root) });

async function events(id: string, after: number, ms: number): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  try {
    for await (const event of portal.events(me, id, after, AbortSignal.timeout(ms))) found.push(event);
  } catch (error) {
    // The database went away while we listened: what came before counts, and whoever asked asks again.
    if (found.length === 0) throw error;
  }
  return found;
}

const call = (method: string, args: readonly unknown[]): Promise<unknown> => {
  const methods = portal as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>;
  return (methods[method] as (...all: unknown[]) => Promise<unknown>).call(portal, me, ...args);
};

process.on("message", async ({ id, method, args }: { id: number; method: string; args: unknown[] }) => {
  try {
    const work = method === "events" ? events(...(args as [string, number, number])) : call(method, args);
    process.send?.({ id, result: await work });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    process.send?.({ id, error: { code, message } });
  }
});
process.send?.({ ready: true });
