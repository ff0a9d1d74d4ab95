import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { CONTROL_FIELDS } from "../../../components/backends/control-fields.ts";
import { CONTROLS, type ControlId, usedControls } from "../../../components/backends/controls.ts";
import { DECLARATIONS } from "../../../components/backends/registry.ts";
import { loadDocument } from "../../../components/spec/load.ts";
import { matrixText } from "../../../tools/generate/matrix/text.ts";

/** The field with names of entries and positions in lists taken out. */
const general = (path: string) =>
  path
    .replace(/^(routes|backends|plans|jwt\.providers)\.[\w-]+/, "$1.<name>")
    .replace(/rateLimit\[\d+\]$/, "rateLimit")
    .replace(/\[\d+\]/, "[]");

describe("the capability matrix", () => {
  const text = matrixText(DECLARATIONS);

  it("has a section for every control, with a row for every cloud", () => {
    for (const [control, promise] of Object.entries(CONTROLS)) {
      const section = text.split(`\n### ${control}\n`)[1]?.split("\n### ")[0] ?? "";
      assert.ok(section.includes(`${promise}.`), control);
      for (const cloud of ["AWS", "Azure", "Google Cloud", "Local"])
        assert.match(section, new RegExp(`^\\| ${cloud}( \\([^|]*\\))? \\| [●◐✕] \\| [^|]`, "m"), `${control} ${cloud}`);
    }
  });

  it("names every variant", () => {
    for (const { variants } of Object.values(DECLARATIONS))
      for (const [name, what] of Object.entries(variants)) assert.ok(text.includes(`- \`${name}\`: ${what}`), name);
  });

  it("names the field by which documents ask for a control", async () => {
    const files = [...globSync("test/golden/spec/in/*.yaml"), "gateways/shop.yaml"];
    const models = await Promise.all(files.map(async (file) => (await loadDocument({ file })).model));
    const seen = new Set<ControlId>();
    for (const model of models) {
      for (const { control, path } of model === undefined ? [] : usedControls(model)) {
        seen.add(control);
        const fields = CONTROL_FIELDS[control];
        assert.ok(path === "" ? fields.length === 0 : fields.includes(general(path)), `${control}: ${path}`);
      }
    }
    assert.ok(seen.size >= 70, `${seen.size} controls seen`);
  });
});
