import assert from "node:assert/strict";
import { join } from "node:path";
import { CONTROLS } from "../../components/backends/controls.ts";
import { loadModel } from "../../components/spec/load.ts";
import { rules } from "../../policy-packs/secure-gateway/rules/index.ts";
import type { Probe } from "../../verify/probe.ts";
import { allProbes } from "../../verify/probes/index.ts";
import { everyPromise } from "./every-promise.ts";
import { quoted, ROOT, rowsOf } from "./support.ts";

const PAGE = "docs/threat-model.md";

describe("the threat model", () => {
  const rows = rowsOf(PAGE, ["Threat", "Controls", "Probes", "Policies"]);
  const named = (column: string) => new Set(rows.flatMap((row) => quoted(row[column])));
  const excused = rowsOf(PAGE, ["Control", "Why it is not in the tables above"]);
  let probes: Probe[];

  before(async () => {
    const models = [await loadModel({ file: join(ROOT, "gateways", "shop.yaml") }), ...(await everyPromise())];
    probes = models.flatMap((model) => allProbes(model));
  });

  it("has its tables", () => assert.ok(rows.length > 25, `${rows.length} threats`));

  it("names controls and policies there are", () => {
    assert.deepEqual(
      [...named("Controls")].filter((id) => !(id in CONTROLS)),
      [],
    );
    const policies = new Set(rules.map(({ id }) => id));
    assert.deepEqual(
      [...named("Policies")].filter((id) => !policies.has(id)),
      [],
    );
  });

  it("names, for every threat, probes that put one of its controls to the test, or says why there are none", () => {
    const wrong = rows.flatMap((row) => {
      const controls = new Set(quoted(row.Controls));
      const patterns = quoted(row.Probes);
      if (patterns.length === 0) return /^none: \w/.test(row.Probes ?? "") ? [] : [`${row.Threat}: no probe and no reason`];
      return patterns
        .filter((pattern) => !probes.some(({ id, control }) => controls.has(control) && matches(pattern, id)))
        .map((pattern) => `${row.Threat}: ${pattern}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("names every control, or says why it is no defence", () => {
    const reasons = new Map(excused.map((row) => [quoted(row.Control)[0], row["Why it is not in the tables above"]]));
    const inTables = named("Controls");
    assert.deepEqual(
      Object.keys(CONTROLS).filter((id) => !inTables.has(id) && !reasons.get(id)),
      [],
    );
    assert.deepEqual(
      [...reasons.keys()].filter((id) => id === undefined || !(id in CONTROLS) || inTables.has(id)),
      [],
    );
  });

  it("names every policy", () => {
    const inTables = named("Policies");
    assert.deepEqual(
      rules.map(({ id }) => id).filter((id) => !inTables.has(id)),
      [],
    );
  });

  it("names every attack, but those on controls that are no defence", () => {
    const noDefence = new Set(excused.flatMap((row) => quoted(row.Control)));
    const patterns = [...named("Probes")];
    const missing = probes
      .filter(({ id, control, attack }) => attack && !noDefence.has(control) && !patterns.some((pattern) => matches(pattern, id)))
      .map(({ id }) => withoutSubject(id));
    assert.deepEqual([...new Set(missing)], []);
  });
});

/** A probe's name without the route, consumer or backend it concerns. */
const withoutSubject = (id: string) => id.replace(/@.*$/, "");

const matches = (pattern: string, id: string) =>
  new RegExp(`^${pattern.replace(/[.]/g, "\\.").replaceAll("*", ".*")}$`).test(withoutSubject(id));
