import { actorOf } from "../../http/environment.ts";
import { Refusal } from "../../service.ts";
import { draftOf } from "../draft.ts";
import { EXAMPLE_DOCUMENT } from "../example.ts";
import { stackPath } from "../layout.ts";
import { once } from "../once.ts";
import { destroyView, stackView } from "../views/stack.ts";
import { newStackView, stacksView } from "../views/stacks.ts";
import { fieldsOf, frameOf, goTo, orElse, type PageParts, show, signedIn } from "./handlers.ts";

/** The list of stacks, a new one, one stack, and the question before its end. */
export function stackPages({ app, service, answers }: PageParts): void {
  app.get("/", (c) => c.redirect("/stacks"));

  app.get("/stacks", signedIn, async (c) => show(c, stacksView(frameOf(c), await service.stacks(actorOf(c)))));

  app.get("/stacks/new", signedIn, (c) => show(c, newStackView(frameOf(c), { name: "", cloud: "local", document: EXAMPLE_DOCUMENT })));

  app.post("/stacks", signedIn, once(answers), async (c) => {
    const typed = await fieldsOf(c, "name", "cloud", "document");
    try {
      const { name } = await service.createStack(actorOf(c), typed);
      return goTo(c, `${stackPath(name)}/document`);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "forbidden") throw error;
      return show(c, newStackView(frameOf(c), { ...typed, problem: `${error.message}: ${error.remedy}.` }), 422);
    }
  });

  app.get("/stacks/:stack", signedIn, async (c) => {
    const actor = actorOf(c);
    const name = c.req.param("stack");
    const stack = await service.stack(actor, name);
    const [document, outputs, plans, operations] = await Promise.all([
      service.document(actor, name),
      // A stack whose state is away still has a page.
      orElse(service.outputs(actor, name), {}, "not found", "locked", "unavailable", "conflict"),
      service.plans(actor, name, { limit: 20 }),
      service.operations(actor, name, { limit: 20 }),
    ]);
    const draft = await draftOf(stack.cloud, document.text);
    return show(c, stackView(frameOf(c), { stack, draft, outputs, plans: plans.items, operations: operations.items }));
  });

  app.get("/stacks/:stack/destroy", signedIn, async (c) =>
    show(c, destroyView(frameOf(c), await service.stack(actorOf(c), c.req.param("stack")))),
  );
}
