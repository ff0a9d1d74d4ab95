import assert from "node:assert/strict";
import { type Capability, supportOf } from "../../components/backends/capabilities.ts";
import { type BackendDeclaration, CLOUDS } from "../../components/backends/contract.ts";
import { CONTROLS, type ControlId } from "../../components/backends/controls.ts";
import { DECLARATIONS } from "../../components/backends/registry.ts";
import { quoted, rowsOf, textOf } from "./support.ts";

const PAGE = "docs/decision-guide.md";
const COLUMN = { aws: "AWS", azure: "Azure", gcp: "Google Cloud", local: "Local" } as const;

describe("the decision guide", () => {
  const rows = rowsOf(PAGE, ["Control", ...Object.values(COLUMN)]);

  it("asks a question of every table", () => assert.ok(rows.length > 40, `${rows.length} rows`));

  for (const row of rows) {
    const control = quoted(row.Control)[0] ?? "";
    it(`${control} is what the clouds declare`, () => {
      assert.ok(control in CONTROLS, control);
      for (const cloud of CLOUDS) {
        const declaration = DECLARATIONS[cloud];
        assert.deepEqual(said(row[COLUMN[cloud]] ?? "", declaration), declared(declaration, control as ControlId), COLUMN[cloud]);
      }
    });
  }

  it("names every flavour and tier as it is called", () => {
    const all = new Set(Object.values(DECLARATIONS).flatMap(({ variants }) => Object.keys(variants)));
    const inCells = rows.flatMap((row) =>
      Object.values(COLUMN).flatMap((column) => (row[column]?.startsWith("some: ") ? quoted(row[column].split(";")[0]) : [])),
    );
    assert.deepEqual(
      inCells.filter((name) => !all.has(name)),
      [],
    );
  });

  it("names every value of accept that a document may need for these controls", () => {
    const guide = textOf(PAGE);
    const rules = rows.flatMap((row) =>
      CLOUDS.flatMap((cloud) => DECLARATIONS[cloud].capabilities[quoted(row.Control)[0] as ControlId].restrictions ?? []),
    );
    const wanted = rules.flatMap(({ rule }) => [...rule.matchAll(/accept: \[(\w+)\]/g)].map(([, name = ""]) => name));
    assert.ok(wanted.length > 0);
    assert.deepEqual(
      [...new Set(wanted)].filter((name) => !guide.includes(name)),
      [],
    );
  });
});

/** An answer: the variants that keep a control, and whether under conditions. */
interface Answer {
  readonly keeps: readonly string[];
  readonly conditions: boolean;
}

function declared({ variants, capabilities }: BackendDeclaration, control: ControlId): Answer {
  const capability: Capability = capabilities[control];
  const keeps = Object.keys(variants).filter((variant) => supportOf(capability, variant).status !== "refused");
  return { keeps: keeps.sort(), conditions: keeps.length > 0 && (capability.restrictions ?? []).length > 0 };
}

function said(cell: string, { variants }: BackendDeclaration): Answer {
  const all = Object.keys(variants).sort();
  if (cell === "no") return { keeps: [], conditions: false };
  if (cell === "yes") return { keeps: all, conditions: false };
  if (/^yes, if \S/.test(cell)) return { keeps: all, conditions: true };
  const [, not, names = "", conditions] = /^some: (not )?on ([^;]+)(; if \S.*)?$/.exec(cell) ?? [];
  assert.notEqual(names, "", `"${cell}" is no answer`);
  const named = quoted(names);
  return { keeps: not ? all.filter((name) => !named.includes(name)) : named.sort(), conditions: conditions !== undefined };
}
