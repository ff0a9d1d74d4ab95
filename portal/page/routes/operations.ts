import { actorOf } from "../../http/environment.ts";
import type { Actor, OperationSummary, PortalService } from "../../service.ts";
import { operationPath } from "../layout.ts";
import { once } from "../once.ts";
import { isFinal, NO_PROGRESS, type Progress, withEvent } from "../shared/progress.ts";
import { operationView } from "../views/operation.ts";
import { fieldsOf, frameOf, goTo, oneOf, type PageParts, show, signedIn } from "./handlers.ts";

/** Operations: started, watched, cancelled. */
export function operationPages({ app, service, answers }: PageParts): void {
  app.post("/stacks/:stack/operations", signedIn, once(answers), async (c) => {
    const { kind, what, clientsReady } = await fieldsOf(c, "kind", "what", "clientsReady");
    const wish = oneOf(kind, ["preview", "refresh", "verify", "rotate"] as const, "kind");
    const options = wish === "rotate" ? { what, ...(clientsReady === "yes" ? { clientsReady: true } : {}) } : {};
    return goTo(c, operationPath((await service.start(actorOf(c), c.req.param("stack"), wish, options)).id));
  });

  app.get("/operations/:operation", signedIn, async (c) => {
    const actor = actorOf(c);
    const operation = await service.operation(actor, c.req.param("operation"));
    const progress = await progressOf(service, actor, operation);
    return show(c, operationView(frameOf(c), operation, progress, Date.now()));
  });

  app.post("/operations/:operation/cancel", signedIn, async (c) =>
    goTo(c, operationPath((await service.cancel(actorOf(c), c.req.param("operation"))).id)),
  );
}

/** Events that are stored come without a pause; after this one the rest is left to the browser. Milliseconds. */
const PAUSE_MS = 200;

/** What the stored events say; the live ones that follow are not waited for. */
async function progressOf(service: PortalService, actor: Actor, operation: OperationSummary): Promise<Progress> {
  const stop = new AbortController();
  let progress = NO_PROGRESS;
  let timer = setTimeout(() => stop.abort(), PAUSE_MS * 10);
  try {
    for await (const event of service.events(actor, operation.id, 0, stop.signal)) {
      progress = withEvent(progress, event);
      clearTimeout(timer);
      if (!isFinal(operation.state)) timer = setTimeout(() => stop.abort(), PAUSE_MS);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  // The event that ends an operation may be on its way.
  return { ...progress, state: operation.state };
}
