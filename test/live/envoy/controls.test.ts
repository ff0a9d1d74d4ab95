import assert from "node:assert/strict";
import { join } from "node:path";
import { supportOf } from "../../../components/backends/capabilities.ts";
import { usedControls } from "../../../components/backends/controls.ts";
import { LOCAL_CAPABILITIES } from "../../../components/backends/local/capabilities/index.ts";
import { REMOVABLE, type RemovableControl, removeControl } from "../../support/live/mutations.ts";
import { TestQuotaService } from "../../support/live/quota-service.ts";
import { type LiveDocument, modelOf, startGateway } from "../../support/live-gateway.ts";
import { ACCESS_CHECKS } from "./checks/access.ts";
import { CLOSED_CHECKS } from "./checks/closed.ts";
import { FRONT_CHECKS } from "./checks/front.ts";
import { OBSERVE_CHECKS } from "./checks/observe.ts";
import { REQUEST_CHECKS } from "./checks/requests.ts";
import { BACKEND_CHECKS, ROUTE_CHECKS } from "./checks/routes.ts";
import { TOKEN_CHECKS } from "./checks/tokens.ts";
import type { Check, Place } from "./support/check.ts";
import { closedDocument, openDocument } from "./support/documents.ts";
import { type Lab, startLab } from "./support/lab.ts";

const GATEWAYS: Readonly<Record<string, { document(lab: Lab): LiveDocument; checks: readonly Check[] }>> = {
  open: {
    document: openDocument,
    checks: [...FRONT_CHECKS, ...REQUEST_CHECKS, ...TOKEN_CHECKS, ...ACCESS_CHECKS, ...ROUTE_CHECKS, ...BACKEND_CHECKS, ...OBSERVE_CHECKS],
  },
  closed: { document: closedDocument, checks: CLOSED_CHECKS },
};

/** Shown in files of their own, because Envoy has to be started for them. */
const ELSEWHERE: readonly RemovableControl[] = ["ddos.standard"];

/** Kept by the agent, not by what Envoy is told: test/live/acme. */
const BY_THE_AGENT = ["tls.certificate.acme"];

/** One Envoy, which is given one gateway after the other, whole and then without one control at a time. */
describe("Envoy keeps every control", () => {
  let at: Place;
  let stop: () => Promise<void>;

  before(async () => {
    const lab = await startLab();
    let quotas: TestQuotaService | undefined;
    const gateway = await startGateway(openDocument(lab), {
      authority: lab.authority,
      publicRoots: lab.publicAuthority.root,
      materials: { clients: { imported: lab.certificates.atPartner } },
      prepare: async (folder) => {
        quotas = await TestQuotaService.start(join(folder, "run", "quota.sock"), { taster: 3 });
      },
    });
    if (quotas === undefined) throw new Error("no quota service");
    at = { lab, gateway, quotas };
    stop = async () => {
      await gateway.stop();
      await quotas?.stop();
      await lab.stop();
    };
  });
  after(() => stop?.());

  for (const [name, { document, checks }] of Object.entries(GATEWAYS)) {
    describe(`the ${name} gateway`, () => {
      before(() => at.gateway.update(document(at.lab), name === "closed" ? { front: at.lab.closedFront } : {}));
      for (const { title, run } of checks) it(title, () => run(at));
    });

    describe(`the ${name} gateway without`, () => {
      for (const control of new Set(checks.flatMap(({ controls }) => controls))) {
        it(control, async () => {
          await at.gateway.edit((config, model) => removeControl(config, control, model));
          const failures: string[] = [];
          for (const { controls, run } of checks) {
            if (!controls.includes(control)) continue;
            await run(at).catch((error: Error) => failures.push(noticed(error)));
          }
          if (process.env.SHOW_FAILURES) console.log(control, failures);
          assert.notEqual(failures.length, 0, `nobody noticed that ${control} is gone`);
        });
      }
      after(() => at.gateway.edit());
    });
  }

  it("has a check for every control the local backend keeps", () => {
    const checked = new Set(Object.values(GATEWAYS).flatMap(({ checks }) => checks.flatMap(({ controls }) => controls)));
    assert.deepEqual(
      REMOVABLE.filter((control) => !checked.has(control) && !ELSEWHERE.includes(control)),
      [],
    );
    const kept = Object.entries(LOCAL_CAPABILITIES).filter(([, capability]) => supportOf(capability, "envoy").status !== "refused");
    assert.deepEqual(
      kept.map(([control]) => control).filter((control) => !REMOVABLE.some((removable) => removable === control)),
      BY_THE_AGENT,
    );
  });

  it("asks for every one of them in some document", async () => {
    const models = await Promise.all(Object.values(GATEWAYS).map(({ document }) => modelOf(document(at.lab))));
    const used = new Set(models.flatMap(usedControls).map(({ control }) => control));
    assert.deepEqual(
      REMOVABLE.filter((control) => !used.has(control)),
      [],
    );
  });
});

/** What a check says; a mistake of the check itself is none. */
function noticed(error: Error): string {
  if (error instanceof TypeError || error instanceof ReferenceError) throw error;
  return error.message;
}
