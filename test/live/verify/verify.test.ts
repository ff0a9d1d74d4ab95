import assert from "node:assert/strict";
import { CONTROLS, type ControlId, usedControls } from "../../../components/backends/controls.ts";
import { LOCAL_CAPABILITIES } from "../../../components/backends/local/capabilities/index.ts";
import { type VerifyReport, verifyGateway } from "../../../verify/index.ts";
import { REMOVABLE, type RemovableControl, removeControl } from "../../support/live/mutations.ts";
import { type Surroundings, startSurroundings } from "./support/everything.ts";
import { startClosed, startOpen, type VerifiableGateway } from "./support/gateways.ts";

/** What no probe can prove of these gateways, and why. */
const UNPROVEN: Readonly<Partial<Record<ControlId, string>>> = {
  "ddos.standard": "has a test of its own below, because it takes 15 seconds",
  "backend.tls.unverified": "that nobody looks is no promise; that the backend is reached is proven",
};

/** Proven in test/live/envoy: from the front door a gateway that trusts a wrong key server looks like one that does not. */
const UNNOTICED: readonly ControlId[] = ["require.jwt.privateKeyServer"];

/** Without these the gateway does something else that weakens nothing, which counts unless exact answers are asked for. */
const EXACT: readonly ControlId[] = ["http.redirect", "observe.tracing"];

describe("verify", function () {
  this.timeout(120_000);
  let surroundings: Surroundings;
  let open: VerifiableGateway;
  let closed: VerifiableGateway;
  /** Like `closed`, but it knows its clients by fingerprint. */
  let fingerprints: VerifiableGateway;
  const stops: (() => Promise<void>)[] = [];
  const kept = async (starting: Promise<VerifiableGateway>) => {
    const started = await starting;
    stops.push(() => started.stop());
    return started;
  };
  let slow: { readonly whole: Promise<VerifyReport>; readonly without: Promise<VerifyReport> };

  before(async () => {
    surroundings = await startSurroundings();
    open = await kept(startOpen(surroundings));
    closed = await kept(startClosed(surroundings, "names"));
    fingerprints = await kept(startClosed(surroundings, "hashes"));
    const defenceless = await kept(startClosed(surroundings, "names", (config, model) => removeControl(config, "ddos.standard", model)));
    // It waits and does nothing else, so it can do that while the others work.
    const patient = { only: ["ddos.standard"], patienceMs: 15_000 };
    const runs = [verifyGateway({ ...closed.options, ...patient }), verifyGateway({ ...defenceless.options, ...patient })] as const;
    slow = { whole: runs[0], without: runs[1] };
    for (const run of runs) run.catch(() => {});
  });

  after(async () => {
    await Promise.all(stops.map((stop) => stop()));
    await surroundings?.stop();
  });

  it("finds every control kept by a gateway that asks for everything", async () => {
    const reports = [
      await verifyGateway(closed.options),
      await verifyGateway({ ...fingerprints.options, only: ["client-certificate"] }),
      await verifyGateway(open.options),
    ];
    for (const report of reports) {
      assert.deepEqual(listOf(report, "failed"), []);
      assert.deepEqual(
        listOf(report, "skipped").filter((line) => !EXPECTED_SKIPS.some((pattern) => pattern.test(line))),
        [],
      );
      assert.equal(report.passed + report.skipped, report.probes.length);
    }
    // No route of the first takes POST; the last has a public one, where every form of every request is proven.
    assert.deepEqual(
      reports.map((report) => listOf(report, "skipped").filter((line) => line.startsWith("framing.")).length),
      [7, 0, 0],
    );
    const probes = reports.flatMap((report) => report.probes);
    const attacks = probes.filter((probe) => probe.attack && probe.result === "passed").length;
    assert.ok(attacks > 1000, `${attacks} attacks were refused`);
    const proven = new Set(probes.filter(({ result }) => result === "passed").map(({ control }) => control));
    const asked = new Set([open, closed, fingerprints].flatMap(({ gateway }) => usedControls(gateway.model)).map(({ control }) => control));
    assert.deepEqual(
      [...asked].filter((control) => !proven.has(control) && !(control in UNPROVEN)),
      [],
    );
  });

  it("tries out everything a local gateway can do", () => {
    const refused = Object.keys(CONTROLS).filter((control) =>
      Object.values(LOCAL_CAPABILITIES[control as ControlId].support).every(({ status }) => status === "refused"),
    );
    const asked = new Set<string>(
      [open, closed, fingerprints].flatMap(({ gateway }) => usedControls(gateway.model)).map(({ control }) => control),
    );
    // Only its source is another: test/live/acme has the certificate issued, and what is shown is judged like an imported one.
    const elsewhere = ["tls.certificate.acme"];
    assert.deepEqual(
      Object.keys(CONTROLS).filter((control) => !asked.has(control) && !refused.includes(control)),
      elsewhere,
    );
  });

  it("sees whether a gateway gives up on slow clients", async () => {
    assert.deepEqual(listOf(await slow.whole, "failed"), []);
    const report = await slow.without;
    assert.deepEqual(
      report.probes.filter(({ result }) => result === "failed").map(({ control }) => control),
      ["ddos.standard"],
    );
  });

  describe("notices when a control is taken out of the configuration:", () => {
    for (const control of REMOVABLE.filter((candidate) => !(candidate in UNPROVEN) && !UNNOTICED.includes(candidate))) {
      it(control, async () => {
        const { gateway, options } = [open, closed, fingerprints].find((one) => asks(one, control)) ?? open;
        await gateway.edit((config, model) => removeControl(config, control, model));
        try {
          assert.notEqual(
            await firstFailure({ ...options, exact: EXACT.includes(control) }, control),
            undefined,
            `no probe of ${control} failed`,
          );
        } finally {
          await gateway.edit();
        }
      });
    }
  });

  const asks = ({ gateway }: VerifiableGateway, control: RemovableControl) =>
    usedControls(gateway.model).some((use) => use.control === control);
});

/** Too slow for a test, needs an answer that does not come up, or a backend that cannot show what it receives. */
const EXPECTED_SKIPS = [
  /^ddos\.slow-headers: it takes longer than the patience of 5000 ms/,
  /^timeout\.(over|within)@\S+: it takes longer than the patience of 5000 ms/,
  /^errors\.form-\d+: no answer of this run had status/,
  /^backend\.\S+@inventory: gRPC backends cannot repeat what they receive$/,
  /^provider\.other-algorithm@partner: a key of type ec knows one algorithm only$/,
  /^quota\.over@gold: it takes more than the 2000 requests/,
  /^framing\.\S+: status 403 proves nothing about it: no route takes POST, so the gateway may not have read it to the end$/,
];

const listOf = ({ probes }: VerifyReport, result: "failed" | "skipped"): string[] =>
  probes.filter((probe) => probe.result === result).map(({ id, detail }) => `${id}: ${detail}`);

/** The id of the first probe of the control that fails; the others are not waited for. */
async function firstFailure(options: VerifiableGateway["options"], control: ControlId): Promise<string | undefined> {
  const found = new AbortController();
  let first: string | undefined;
  await verifyGateway({
    ...options,
    only: [control],
    signal: found.signal,
    onProbe: (probe) => {
      if (probe.result !== "failed" || first !== undefined) return;
      assert.equal(probe.control, control);
      first = `${probe.id}: ${probe.detail}`;
      found.abort();
    },
  });
  return first;
}
