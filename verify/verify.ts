import { ProbeContext } from "./context.ts";
import { failed, type Probe, SkipProbe, STAGES, skipped, type Verdict } from "./probe.ts";
import { allProbes } from "./probes/index.ts";
import { selectProbes } from "./select.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import type { ProbeResult, VerifyOptions, VerifyReport } from "./types.ts";
import { WireError } from "./wire/errors.ts";

/**
 * Proves over the network that a gateway keeps what its document promises: positive and negative probes for every control, derived from the model
 * alone. A probe that cannot connect fails; a probe that lacks something it needs is skipped with the reason.
 *
 * @throws VerifyOptionsError when the options contradict each other or the model. Nothing the gateway does is an error.
 */
export async function verifyGateway(options: VerifyOptions): Promise<VerifyReport> {
  const settings = resolveSettings(options);
  const probes = selectProbes(allProbes(settings.model), options.only, options.skip);
  const context = new ProbeContext(settings);
  const started = Date.now();
  const results = new Map<Probe, ProbeResult>();
  const report = (probe: Probe, verdict: Verdict, durationMs: number) => {
    const { id, control, title, attack } = probe;
    const result: ProbeResult = { id, control, title, attack, ...verdict, durationMs };
    results.set(probe, result);
    options.onProbe?.(result);
  };
  try {
    const dead = await unreachable(context);
    for (const stage of STAGES) {
      const staged = probes.filter((probe) => (probe.stage ?? "main") === stage);
      await inParallel(staged, stage === "main" ? settings.concurrency : 1, async (probe) => {
        const from = performance.now();
        const verdict = dead ?? (await run(probe, context, settings));
        report(probe, verdict, Math.round(performance.now() - from));
      });
    }
  } finally {
    context.client.close();
  }
  const inOrder = probes.flatMap((probe) => results.get(probe) ?? []);
  const count = (result: ProbeResult["result"]) => inOrder.filter((probe) => probe.result === result).length;
  return {
    url: settings.url,
    startedAt: new Date(started).toISOString(),
    durationMs: Date.now() - started,
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    probes: inOrder,
  };
}

/** The verdict on every probe when the gateway does not answer at all. */
async function unreachable(context: ProbeContext): Promise<Verdict | undefined> {
  try {
    await context.alive();
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return failed(`the gateway cannot be reached: ${error.message}`);
    throw error;
  }
}

async function run(probe: Probe, context: ProbeContext, settings: Settings): Promise<Verdict> {
  if (settings.signal?.aborted) return failed("not finished: the run was ended");
  try {
    return await probe.run(context);
  } catch (error) {
    if (error instanceof SkipProbe) return skipped(error.message);
    if (settings.signal?.aborted) return failed("not finished: the run was ended");
    if (error instanceof WireError) return failed(error.message);
    // A fault of the probe must not hide the results of the others.
    return failed(`the probe itself failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
