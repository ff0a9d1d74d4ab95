import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import * as provider from "@pulumi/pulumi/provider/index.js";

// Test equipment. `probe:index:Item` with inputs { delayMs, fail, journal, value }: notes in the file `journal` what is asked of it and when it is done.

interface Inputs {
  readonly delayMs?: number;
  readonly fail?: string;
  readonly journal: string;
  readonly value?: string;
}

const work = async (verb: string, urn: string, { delayMs = 0, fail, journal }: Inputs) => {
  const name = urn.slice(urn.lastIndexOf("::") + 2);
  appendFileSync(journal, `${verb} ${name} begin\n`);
  await sleep(delayMs);
  if (fail !== undefined) throw new Error(fail);
  appendFileSync(journal, `${verb} ${name} end\n`);
  return name;
};

const probe: provider.Provider = {
  version: "1.0.0",
  check: async (_urn, _olds, news) => ({ inputs: news }),
  diff: async (_id, _urn, olds: Inputs, news: Inputs) => ({ changes: olds.value !== news.value || olds.fail !== news.fail }),
  create: async (urn, inputs: Inputs) => ({ id: await work("create", urn, inputs), outs: inputs }),
  update: async (_id, urn, _olds, news: Inputs) => {
    await work("update", urn, news);
    return { outs: news };
  },
  delete: async (_id, urn, inputs: Inputs) => void (await work("delete", urn, inputs)),
};

// An engine that was killed cannot stop its plugins.
const engine = process.ppid;
setInterval(() => process.ppid !== engine && process.exit(0), 500).unref();

await provider.main(probe, process.argv.slice(2));
