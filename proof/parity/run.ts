import { CLOUDS, type Cloud } from "../../components/backends/contract.ts";
import type { ControlId } from "../../components/backends/controls.ts";
import { judge } from "../../components/backends/judge.ts";
import { loadDocument } from "../../components/spec/load.ts";
import { acceptedBy } from "../documents/accepted.ts";
import { testCertificates } from "../documents/certificates.ts";
import { randomDocument } from "../documents/random.ts";
import { shrink } from "../documents/shrink.ts";
import { planInTheOpen } from "../open-plan.ts";
import { observe, unread } from "./observe.ts";

/** How often a control was found in which state on a cloud. */
export type Tally = Record<"exact" | "stronger" | "weaker" | "refused" | "unread", number>;

/** Something found weaker than asked: where, what, and the smallest document that shows it. */
export interface Weakening {
  readonly cloud: Cloud;
  readonly seed: number;
  readonly control: string;
  readonly path: string;
  readonly asked: string;
  readonly found: string;
  readonly document: unknown;
}

/** What a run found; results of parts of a run are added up by `merged`. */
export interface ParityResult {
  /** Documents by cloud: made, still something left after what is refused was taken out, and planned. */
  readonly documents: Record<Cloud, { made: number; planned: number }>;
  readonly tallies: Record<Cloud, Partial<Record<ControlId, Tally>>>;
  readonly weakenings: Weakening[];
}

export interface ParityOptions {
  /** The seed of the first document; the others follow. */
  readonly from: number;
  /** Number of documents on a cloud. @default 0 */
  readonly documents: Partial<Readonly<Record<Cloud, number>>>;
  /** Only every so many of them, beginning with this one, so that several runs share them out. @default all */
  readonly share?: { readonly first: number; readonly every: number };
  /** Stop with what there is after so many seconds. @default none */
  readonly seconds?: number;
  /** Told after every document of a cloud. */
  readonly done?: (cloud: Cloud) => void;
}

const byCloud = <Value>(value: () => Value): Record<Cloud, Value> =>
  Object.fromEntries(CLOUDS.map((cloud) => [cloud, value()])) as Record<Cloud, Value>;

const empty = (): Tally => ({ exact: 0, stronger: 0, weaker: 0, refused: 0, unread: 0 });

const nothing = (): ParityResult => ({
  documents: byCloud(() => ({ made: 0, planned: 0 })),
  tallies: byCloud(() => ({})),
  weakenings: [],
});

/** Makes random documents, plans what each cloud accepts of them, reads every promise back from the plan. */
export async function runParity({ from, documents, share, seconds, done }: ParityOptions): Promise<ParityResult> {
  const result = nothing();
  const end = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1000;
  const most = Math.max(...CLOUDS.map((cloud) => documents[cloud] ?? 0));
  for (let number = share?.first ?? 0; number < most && performance.now() < end; number += share?.every ?? 1)
    for (const cloud of CLOUDS) {
      if (number >= (documents[cloud] ?? 0)) continue;
      await proveOne(cloud, from + number, result);
      done?.(cloud);
    }
  return result;
}

/** What parts of a run found, as one. */
export function merged(parts: readonly ParityResult[]): ParityResult {
  const all = nothing();
  for (const part of parts)
    for (const cloud of CLOUDS) {
      all.documents[cloud].made += part.documents[cloud].made;
      all.documents[cloud].planned += part.documents[cloud].planned;
      for (const [control, tally] of Object.entries(part.tallies[cloud]) as [ControlId, Tally][]) {
        all.tallies[cloud][control] ??= empty();
        const sum = all.tallies[cloud][control] as Tally;
        for (const state of Object.keys(sum) as (keyof Tally)[]) sum[state] += tally[state];
      }
    }
  all.weakenings.push(...parts.flatMap(({ weakenings }) => weakenings).sort((one, other) => one.seed - other.seed));
  return all;
}

async function proveOne(cloud: Cloud, seed: number, result: ParityResult): Promise<void> {
  const { value, secrets } = randomDocument(seed, testCertificates());
  const tally = (control: ControlId): Tally => {
    result.tallies[cloud][control] ??= empty();
    return result.tallies[cloud][control] as Tally;
  };
  result.documents[cloud].made += 1;
  for (const control of await refusedControls(cloud, value)) tally(control).refused += 1;
  const accepted = await acceptedBy(cloud, value);
  if (accepted.model === undefined) return;
  const plan = await planInTheOpen({ cloud, model: accepted.model, secrets });
  result.documents[cloud].planned += 1;
  const observations = observe(plan, accepted.model);
  const worst = new Map<ControlId, "exact" | "stronger" | "weaker">();
  for (const { control, verdict } of observations) {
    const known = worst.get(control);
    if (known === undefined || verdict === "weaker" || (verdict === "stronger" && known === "exact")) worst.set(control, verdict);
  }
  for (const [control, verdict] of worst) tally(control)[verdict] += 1;
  for (const control of unread(accepted.model, observations)) {
    tally(control as ControlId).unread += 1;
    result.weakenings.push({ cloud, seed, control, path: "", asked: "something is read", found: "nothing", document: undefined });
  }
  for (const { control, path, asked, found } of observations.filter(({ verdict }) => verdict === "weaker")) {
    const shown = result.weakenings.filter((one) => one.cloud === cloud && one.control === control).length;
    const document =
      shown === 0 && result.weakenings.filter((one) => one.document !== undefined).length < 3
        ? await shrink(cloud, accepted.value, secrets, control)
        : undefined;
    result.weakenings.push({ cloud, seed, control, path, asked, found, document });
  }
}

/** Controls a cloud refuses of a document as it was made. */
async function refusedControls(cloud: Cloud, value: unknown): Promise<ControlId[]> {
  const { model } = await loadDocument({
    file: "document.json",
    text: JSON.stringify(value),
    read: () => Promise.reject(new Error("no files")) as never,
  });
  return model ? [...new Set(judge(cloud, model).refused.map(({ control }) => control))] : [];
}
