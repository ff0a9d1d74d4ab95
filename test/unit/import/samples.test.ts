import assert from "node:assert/strict";
import { loadDocument } from "../../../components/spec/load.ts";
import { documentText } from "../../../import/import.ts";
import { ALL, filesOf, imported } from "./support.ts";

describe("import of samples", () => {
  for (const [name, sample] of Object.entries(ALL)) {
    it(`${name}: the format is guessed, what is asked suffices, and the document has no fault`, async () => {
      const bare = imported({ files: filesOf(sample) });
      assert.equal(bare.format, sample.format);
      for (const { paths } of bare.questions) {
        const answered = paths.some(
          (path) =>
            path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], sample.answers) !==
            undefined,
        );
        assert.ok(answered, `${paths.join(" or ")} is asked and the test has no answer`);
      }
      const full = imported({ files: filesOf(sample), answers: sample.answers });
      assert.deepEqual(full.questions, []);
      const { model, faults } = await loadDocument({ file: "gateway.yaml", text: documentText(full, sample.files) });
      assert.deepEqual(faults, []);
      assert.equal(model?.routes.length, Object.keys(full.document.routes as object).length);
    });

    it(`${name}: nothing secret is copied`, () => {
      const text = JSON.stringify(imported({ files: filesOf(sample) }));
      assert.doesNotMatch(text, /not-a-real|bm90LWEta2V5/);
    });

    it(`${name}: without answers the document is refused, not guessed`, async () => {
      const bare = imported({ files: filesOf(sample) });
      if (bare.questions.length === 0) return;
      const { faults } = await loadDocument({ file: "gateway.yaml", text: documentText(bare, sample.files) });
      assert.ok(faults.length > 0);
    });
  }
});
