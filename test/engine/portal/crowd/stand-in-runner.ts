import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { claim } from "../../../../portal/jobs/claim.ts";
import { JournalWriter } from "../../../../portal/jobs/journal.ts";
import { FILES, type RunRequest } from "../../../../portal/jobs/request.ts";

// Test equipment: a runner that starts no engine. It tells of as many resources as a gateway on a cloud has, and ends; what the portal does is all the same.

const RESOURCES = 40;

const [, , folder = ""] = process.argv;
const { stack } = JSON.parse(readFileSync(join(folder, FILES.request), "utf8")) as RunRequest;
if (claim(folder, { host: hostname(), pid: process.pid })) {
  const journal = new JournalWriter(join(folder, FILES.journal), (line) => line);
  for (let index = 0; index < RESOURCES; index++)
    for (const phase of ["begin", "end"] as const) {
      const event = {
        kind: "resource",
        phase,
        action: "refresh",
        type: "probe:index:Item",
        name: `${stack}-item-${index}`,
        changed: [],
      } as const;
      journal.write({ at: new Date().toISOString(), event });
    }
  journal.write({ at: new Date().toISOString(), end: { state: "succeeded", changes: { same: RESOURCES } } });
}
