import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "../../cli/verbs/index.ts";
import { quoted, ROOT, rowsOf, textOf } from "./support.ts";

const packageFile = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<string, Record<string, string>>;

describe("facts the documentation states", () => {
  it("the README's table has every verb of the command, and no other", () => {
    const listed = [...textOf("README.md").matchAll(/^\| `([a-z]+)` \|/gm)].map(([, verb]) => verb).sort();
    assert.deepEqual(listed, VERBS.map(({ name }) => name).sort());
  });

  it("docs/adr/0006-dependencies.md gives a reason for every dependency, and lists no other", () => {
    const page = "docs/adr/0006-dependencies.md";
    const rows = rowsOf(page, ["Package", "Why"]);
    const node = textOf(page).split("## Node itself")[1] ?? "";
    const explained = [...rows.filter(({ Why }) => Why !== "").flatMap(({ Package }) => quoted(Package)), ...quoted(node)];
    const used = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) => Object.keys(packageFile[kind] ?? {}));
    assert.deepEqual(explained.sort(), used.sort());
  });

  it("the README's Go version is the one tools/pulumi asks for", () => {
    const wanted = /^go (\S+)$/m.exec(readFileSync(join(ROOT, "tools", "pulumi", "go.mod"), "utf8"))?.[1];
    assert.match(textOf("README.md"), new RegExp(`Go ${wanted?.replaceAll(".", "\\.")} or newer`));
  });
});
