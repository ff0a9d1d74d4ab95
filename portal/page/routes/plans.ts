import { actorOf, type PortalContext } from "../../http/environment.ts";
import { Refusal } from "../../service.ts";
import { operationPath, planPath } from "../layout.ts";
import { once } from "../once.ts";
import { planView } from "../views/plan.ts";
import { destroyView } from "../views/stack.ts";
import { fieldsOf, frameOf, goTo, oneOf, type PageParts, show, signedIn } from "./handlers.ts";

/** Nothing but its own styles: the page of a plan was written when the plan was made, perhaps by another version. */
const PLAN_PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups";

/** Plans: made, read, reviewed, applied. */
export function planPages({ app, service, answers }: PageParts): void {
  const shown = async (c: PortalContext, id: string, problem?: string) => {
    const actor = actorOf(c);
    const plan = await service.plan(actor, id);
    const applied = plan.state === "applied" ? await service.operations(actor, plan.stack, { limit: 1 }, { plan: plan.id }) : undefined;
    const operation = applied?.items[0];
    return show(c, planView(frameOf(c), plan, operation, problem), problem === undefined ? 200 : 409);
  };

  /** Refusals that the plan's page can explain are shown on it. */
  const explained = async (c: PortalContext, id: string, work: () => Promise<string>) => {
    try {
      return goTo(c, await work());
    } catch (error) {
      if (!(error instanceof Refusal) || !["stale", "conflict", "locked", "invalid", "forbidden"].includes(error.code)) throw error;
      return shown(c, id, `${error.message}: ${error.remedy}.`);
    }
  };

  app.post("/stacks/:stack/plans", signedIn, once(answers), async (c) => {
    const actor = actorOf(c);
    const name = c.req.param("stack");
    const { kind, confirm } = await fieldsOf(c, "kind", "confirm");
    const wish = oneOf(kind, ["up", "destroy"] as const, "kind");
    if (wish === "destroy" && confirm !== name) {
      const stack = await service.stack(actor, name);
      return show(c, destroyView(frameOf(c), stack, `${JSON.stringify(confirm)} is not the name of the stack.`), 422);
    }
    return goTo(c, planPath((await service.requestPlan(actor, name, wish)).id));
  });

  app.get("/plans/:plan", signedIn, (c) => shown(c, c.req.param("plan")));

  app.get("/plans/:plan/page", signedIn, async (c) => {
    const { html } = await service.plan(actorOf(c), c.req.param("plan"));
    c.header("content-security-policy", PLAN_PAGE_POLICY);
    return c.html(html);
  });

  app.post("/plans/:plan/review", signedIn, async (c) => {
    const id = c.req.param("plan");
    const { verdict, comment, digest } = await fieldsOf(c, "verdict", "comment", "digest");
    const said = oneOf(verdict, ["approved", "rejected"] as const, "verdict");
    return explained(c, id, async () => planPath((await service.review(actorOf(c), id, said, comment, digest)).id));
  });

  app.post("/plans/:plan/apply", signedIn, once(answers), async (c) => {
    const actor = actorOf(c);
    const id = c.req.param("plan");
    const { confirm } = await fieldsOf(c, "confirm");
    const { kind, stack } = await service.plan(actor, id);
    if (kind === "destroy" && confirm !== stack) return shown(c, id, `${JSON.stringify(confirm)} is not the name of the stack.`);
    return explained(c, id, async () => operationPath((await service.apply(actor, id)).id));
  });
}
