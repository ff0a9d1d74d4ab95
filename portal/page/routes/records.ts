import { actorOf } from "../../http/environment.ts";
import { stackPath } from "../layout.ts";
import { once } from "../once.ts";
import { certificatesView } from "../views/certificates.ts";
import { auditView, historyView } from "../views/history.ts";
import { settingsView } from "../views/settings.ts";
import { fieldsOf, frameOf, goTo, oneOf, type PageParts, pageRequest, show, signedIn } from "./handlers.ts";

/** Certificates, history, settings, and the audit log. */
export function recordPages({ app, service, answers }: PageParts): void {
  app.get("/stacks/:stack/certificates", signedIn, async (c) => {
    const actor = actorOf(c);
    const name = c.req.param("stack");
    const [stack, certificates] = await Promise.all([service.stack(actor, name), service.certificates(actor, name)]);
    return show(c, certificatesView(frameOf(c), stack, certificates));
  });

  app.get("/stacks/:stack/history", signedIn, async (c) => {
    const actor = actorOf(c);
    const name = c.req.param("stack");
    const [stack, operations, plans, documents] = await Promise.all([
      service.stack(actor, name),
      service.operations(actor, name, pageRequest(c)),
      service.plans(actor, name, { limit: 50 }),
      service.documents(actor, name, { limit: 50 }),
    ]);
    return show(c, historyView(frameOf(c), { stack, operations, plans, documents }));
  });

  app.get("/stacks/:stack/settings", signedIn, async (c) => {
    const actor = actorOf(c);
    const name = c.req.param("stack");
    const [stack, secrets] = await Promise.all([service.stack(actor, name), service.secrets(actor, name)]);
    return show(c, settingsView(frameOf(c), stack, secrets));
  });

  app.post("/stacks/:stack/secrets", signedIn, async (c) => {
    const name = c.req.param("stack");
    const { name: secret, value } = await fieldsOf(c, "name", "value");
    await service.setSecret(actorOf(c), name, secret, value);
    return goTo(c, `${stackPath(name)}/settings`);
  });

  app.post("/stacks/:stack/four-eyes", signedIn, once(answers), async (c) => {
    const name = c.req.param("stack");
    const { on } = await fieldsOf(c, "on");
    await service.setFourEyes(actorOf(c), name, oneOf(on, ["yes", "no"] as const, "on") === "yes");
    return goTo(c, `${stackPath(name)}/settings`);
  });

  app.get("/audit", signedIn, async (c) => show(c, auditView(frameOf(c), await service.audit(actorOf(c), pageRequest(c, 100)))));
}
