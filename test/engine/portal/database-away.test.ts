import assert from "node:assert/strict";
import type { Portal } from "../../../portal/service/index.ts";
import { readSettings } from "../../../portal/settings.ts";
import { type RunningPortal, servePortal } from "../../../portal/start.ts";
import { PostgresServer } from "../../support/postgres.ts";
import { DOCUMENT, me, PortalLab, until } from "./support.ts";

describe("the portal over HTTP while its database goes and comes", function () {
  this.timeout(120_000);
  let server: PostgresServer | undefined;
  let lab: PortalLab;
  let service: Portal;
  let portal: RunningPortal;
  const log: string[] = [];
  let signIn = "";
  before(async function () {
    server = await PostgresServer.start();
    if (server === undefined) this.skip();
    lab = await PortalLab.open();
    await server.kill();
    const waited = Promise.withResolvers<URL>();
    const opening = servePortal(
      async () => {
        service = await lab.portal({ databaseUrl: server?.url ?? "", log: (error) => log.push(String(error)) });
        return { service, sessions: service.sessions, answers: service.answers };
      },
      {
        settings: readSettings({ port: "0" }, {}),
        version: "0.0.0",
        log: (line) => log.push(line),
        announce: (url) => {
          signIn = url;
        },
        waiting: (url) => waited.resolve(url),
      },
    );
    const early = await fetch(new URL("/api/v1/stacks", await waited.promise));
    assert.equal(early.status, 503);
    assert.equal(early.headers.get("content-type"), "application/problem+json");
    assert.equal(((await early.json()) as { detail: string }).detail, "The portal's database does not answer");
    await server.boot();
    portal = await opening;
    await service.createStack(me, { name: "one", cloud: "aws", document: DOCUMENT });
  });
  after(async () => {
    await portal?.close();
    await service?.close();
    lab?.close();
    await server?.close();
  });

  it("answers 503 without a word of what it connects to, and goes on with the same session afterwards", async () => {
    const signedIn = await fetch(signIn, { redirect: "manual" });
    const cookie = (signedIn.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
    const read = (headers: Record<string, string>) => fetch(new URL("/api/v1/stacks/one/document", portal.url), { headers });
    const token = { authorization: `Bearer ${portal.apiToken}` };
    assert.equal((await read({ cookie })).status, 200);

    await server?.kill();
    for (const headers of [{ cookie }, token]) {
      const answer = await read(headers);
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.equal(answer.headers.get("retry-after"), "5");
      const text = await answer.text();
      assert.doesNotMatch(text, /ECONN|127\.0\.0\.1|postgres|\.ts:|5432/i);
    }
    const lost = await fetch(new URL("/api/v1/stacks/one/plans", portal.url), {
      method: "POST",
      headers: { ...token, "content-type": "application/json", "idempotency-key": "while-it-was-away" },
      body: JSON.stringify({ kind: "up" }),
    });
    assert.equal(lost.status, 503);
    assert.equal((await fetch(new URL("/healthz", portal.url))).status, 200);

    await server?.boot();
    await until(async () => (await read({ cookie })).status === 200, "the portal never found its database again");
    const page = await service.plans(me, "one", {});
    assert.deepEqual(page.items, [], "a request that was refused has done nothing");
  });
});
