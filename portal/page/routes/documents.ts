import { actorOf, type PortalContext } from "../../http/environment.ts";
import { Refusal } from "../../service.ts";
import { draftOf } from "../draft.ts";
import { placed } from "../faults.ts";
import { planPath, stackPath } from "../layout.ts";
import { type DocumentPage, documentView, faultsView } from "../views/document.ts";
import { draftView } from "../views/draft.ts";
import { fieldsOf, frameOf, goTo, oneOf, type PageParts, show, signedIn } from "./handlers.ts";

/** The editor: read, check, save, save and plan. */
export function documentPages({ app, service }: PageParts): void {
  const shown = async (
    c: PortalContext,
    name: string,
    typed: { text: string; version: number; notice?: DocumentPage["notice"] },
    status: 200 | 409 = 200,
  ) => {
    const actor = actorOf(c);
    const stack = await service.stack(actor, name);
    const faults = placed(await service.check(actor, name, typed.text), typed.text);
    const draft = await draftOf(stack.cloud, typed.text);
    return show(c, documentView(frameOf(c), { stack, faults, draft, ...typed }), status);
  };

  app.get("/stacks/:stack/document", signedIn, async (c) => {
    const name = c.req.param("stack");
    const wanted = c.req.query("version");
    const current = await service.document(actorOf(c), name);
    if (wanted === undefined || wanted === String(current.version)) {
      const notice = c.req.query("saved") === undefined ? {} : { notice: { bad: false, text: `Version ${current.version} is saved.` } };
      return shown(c, name, { text: current.text, version: current.version, ...notice });
    }
    const number = /^\d{1,9}$/.test(wanted) ? Number(wanted) : 0;
    const older = await service.document(actorOf(c), name, number);
    const notice = {
      bad: false,
      text: `This is version ${older.version} of ${older.at.slice(0, 10)} by ${older.by}. Saving makes it the newest again.`,
    };
    return shown(c, name, { text: older.text, version: current.version, notice });
  });

  app.post("/stacks/:stack/document", signedIn, async (c) => {
    const actor = actorOf(c);
    const name = c.req.param("stack");
    const { text, version, do: wish } = await fieldsOf(c, "text", "version", "do");
    const expected = /^\d{1,9}$/.test(version) ? Number(version) : 0;
    const todo = oneOf(wish === "" ? "save" : wish, ["save", "check", "plan"] as const, "do");
    if (todo === "check") return shown(c, name, { text, version: expected });
    try {
      const before = await service.document(actor, name);
      const unchanged = before.version === expected && before.text === text;
      if (!unchanged) await service.saveDocument(actor, name, text, expected);
    } catch (error) {
      // What was typed stays on the page.
      if (!(error instanceof Refusal) || error.code !== "conflict") throw error;
      const newest = await service.document(actor, name);
      const notice = {
        bad: true,
        text: `Not saved: ${newest.by} has saved version ${newest.version} since. Compare it with what you typed; saving now replaces it.`,
      };
      return shown(c, name, { text, version: newest.version, notice }, 409);
    }
    if (todo === "save") return goTo(c, `${stackPath(name)}/document?saved`);
    const plan = await service.requestPlan(actor, name, "up");
    return goTo(c, planPath(plan.id));
  });

  /** For the editor: the faults of what is typed, with their places, and what it would make. */
  app.post("/stacks/:stack/document/check", signedIn, async (c) => {
    const actor = actorOf(c);
    const name = c.req.param("stack");
    const { text } = await fieldsOf(c, "text");
    const [stack, found] = await Promise.all([service.stack(actor, name), service.check(actor, name, text)]);
    const faults = placed(found, text);
    const draft = draftView(await draftOf(stack.cloud, text)).text;
    return c.json({ faults, view: faultsView(faults).text, draft });
  });
}
