import assert from "node:assert/strict";
import type { Portal } from "../../../portal/service/index.ts";
import { readSettings } from "../../../portal/settings.ts";
import { type PortalParts, type RunningPortal, servePortal } from "../../../portal/start.ts";
import { MemoryService } from "../../unit/portal/http/memory-service.ts";
import { MemoryAnswers, MemorySessions } from "../../unit/portal/http/support.ts";
import { ensureSchemathesis, missing, schemathesis } from "./schemathesis.ts";
import { DOCUMENT, me, PortalLab } from "./support.ts";

const RATES = { reads: 1e6, changes: 1e6, strangers: 1e6, attempts: 1e6 };

describe("the portal's API by its own description (schemathesis)", function () {
  this.timeout(120_000);
  const log: string[] = [];
  const serve = (parts: PortalParts): Promise<RunningPortal> =>
    servePortal(async () => parts, {
      settings: readSettings({ port: "0" }, {}),
      version: "0.0.0",
      log: (line) => log.push(line),
      announce: () => {},
      rates: RATES,
    });

  before(async function () {
    this.timeout(300_000);
    if (missing() !== undefined) {
      console.log(`      skipped: ${missing()}`);
      this.skip();
    }
    await ensureSchemathesis();
  });
  beforeEach(() => {
    log.length = 0;
  });

  it("gives only answers it describes, for everything", async () => {
    const service = new MemoryService();
    const running = await service.start(me, "shop-dev", "verify");
    service.emit(running.id, { type: "verify", probe: { name: "tls", ok: true } });
    service.end(running.id);
    const portal = await serve({ service, sessions: new MemorySessions(), answers: new MemoryAnswers() });
    try {
      const report = await schemathesis({
        url: portal.url.origin,
        token: portal.apiToken ?? "",
        parameters: { stack: "shop-dev", plan: "plan-1", operation: running.id },
        examples: 5,
        phases: "examples,coverage,fuzzing",
      });
      assert.equal(report.code, 0, report.output);
      assert.equal(report.operations, 27);
      assert.ok(report.cases > 500, `${report.cases} calls`);
      assert.deepEqual(log, []);
    } finally {
      await portal.close();
    }
  });

  describe("with its database", () => {
    let lab: PortalLab;
    let service: Portal;
    let portal: RunningPortal;
    before(async () => {
      lab = await PortalLab.open();
      service = await lab.portal();
      await service.createStack(me, { name: "shop-dev", cloud: "aws", document: DOCUMENT });
      portal = await serve({ service, sessions: service.sessions, answers: service.answers });
    });
    after(async () => {
      await portal?.close();
      await service?.close();
      lab?.close();
    });

    it("gives only answers it describes, for everything that needs no engine", async () => {
      const plan = await service.requestPlan(me, "shop-dev", "up");
      const report = await schemathesis({
        url: portal.url.origin,
        token: portal.apiToken ?? "",
        parameters: { stack: "shop-dev", plan: plan.id },
        examples: 5,
        phases: "coverage",
        // Each of these starts the engine, or plans, for seconds.
        without: "/(outputs|certificates|operations|apply|secrets/.*)$|/stacks/[^/]+/plans$",
      });
      assert.equal(report.code, 0, report.output);
      assert.ok(report.operations >= 15 && report.cases > 200, `${report.cases} calls of ${report.operations} operations`);
      assert.deepEqual(log, []);
    });
  });
});
