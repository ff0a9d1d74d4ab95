import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationSummary } from "../portal/service.ts";
import { HttpPortal } from "../test/engine/portal/http-process.ts";
import { DOCUMENT, PortalLab } from "../test/engine/portal/support.ts";
import { median, quantile, rounded } from "./measure.ts";
import type { Extent } from "./results.ts";

/** Milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
}

export interface PortalFigures {
  readonly stacks: number;
  readonly clicks: number;
  /** `pulumi version`, from start to end. */
  readonly cli: Spread;
  /** From the click to the first event on the stream: the operation is in the queue. */
  readonly firstEvent: Spread;
  /** From the click to the first word of the operation's own process. */
  readonly firstOfRunner: Spread;
  /** From the click to the first resource the engine tells of. */
  readonly firstOfEngine: Spread;
  /** `firstEvent`, `firstOfRunner` and `firstOfEngine` by the start of the CLI, p95 by p95. */
  readonly ratios: { readonly firstEvent: number; readonly firstOfRunner: number; readonly firstOfEngine: number };
}

const STACKS = 20;
const RATES = { reads: 1e6, changes: 1e6, strangers: 1e6, attempts: 1e6 };

const spread = (values: readonly number[]): Spread => ({ p50: rounded(median(values), 0), p95: rounded(quantile(values, 0.95), 0) });

/** From a click to what somebody sees, over HTTP, with 20 stacks in the portal; each operation alone, and a start of the Pulumi CLI after it. */
export async function benchPortal(_root: string, { rounds }: Extent): Promise<PortalFigures> {
  const lab = await PortalLab.open();
  let portal: HttpPortal | undefined;
  try {
    const { project: _, ...options } = lab.options();
    portal = await HttpPortal.start({ options, root: lab.folder, rates: RATES });
    const names = Array.from({ length: STACKS }, (_entry, index) => `stack-${index}`);
    for (const name of names) {
      lab.items(name, { item: { value: "1" } });
      await portal.expect(201, "POST", "/stacks", { name, cloud: "aws", document: DOCUMENT });
    }
    const all: { cli: number; first: number; runner: number; engine: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        const click = await clicked(portal, name);
        const began = performance.now();
        if (spawnSync(lab.engine.command, ["version"], { stdio: "ignore" }).status !== 0) throw new Error("the Pulumi CLI does not start");
        all.push({ ...click, cli: performance.now() - began });
        await sleep(100);
      }
    }
    const [cli, firstEvent, firstOfRunner, firstOfEngine] = (["cli", "first", "runner", "engine"] as const).map((what) =>
      spread(all.map((one) => one[what])),
    ) as [Spread, Spread, Spread, Spread];
    const ratio = ({ p95 }: Spread) => rounded(p95 / cli.p95, 2);
    const ratios = { firstEvent: ratio(firstEvent), firstOfRunner: ratio(firstOfRunner), firstOfEngine: ratio(firstOfEngine) };
    return { stacks: STACKS, clicks: all.length, cli, firstEvent, firstOfRunner, firstOfEngine, ratios };
  } finally {
    await portal?.stop();
    lab.close();
  }
}

/** Asks for a preview and follows it; milliseconds from asking. */
async function clicked(portal: HttpPortal, stack: string) {
  const began = performance.now();
  const at: { first?: number; runner?: number; engine?: number } = {};
  const { id } = await portal.expect<OperationSummary>(202, "POST", `/stacks/${stack}/operations`, { kind: "preview" });
  let state = "";
  for await (const { event } of portal.events(id)) {
    const now = performance.now() - began;
    at.first ??= now;
    if ("kind" in event) at.runner ??= now;
    if ("kind" in event && event.kind === "resource") at.engine ??= now;
    if (!("kind" in event) && event.type === "state") state = event.state;
  }
  const { first, runner, engine } = at;
  if (state !== "succeeded" || first === undefined || runner === undefined || engine === undefined)
    throw new Error(`the preview of ${stack} ${state === "succeeded" ? "told nothing" : state}`);
  return { first, runner, engine };
}
