import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "../../cli/verbs/index.ts";
import { pages, quoted, ROOT, rowsOf, textOf } from "./support.ts";

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

  it("docs/README.md lists every page with what it answers, and no page that is not there", () => {
    const index = textOf("docs/README.md");
    const listed = [...index.matchAll(/^(?:\| \[[^\]]+\]\(([^)]+)\) \| \S.*\||- \[\d{4}\]\(([^)]+)\) \S.*)$/gm)].map(([, page, adr]) =>
      join("docs", page ?? adr ?? ""),
    );
    const there = pages().filter((page) => page !== "README.md" && page !== "docs/README.md");
    assert.deepEqual(listed.sort(), there);
  });

  it("docs/README.md calls every decision by its title", () => {
    for (const [, number = "", page = "", title] of textOf("docs/README.md").matchAll(/^- \[(\d{4})\]\(([^)]+)\) (.*)$/gm)) {
      assert.ok(page.startsWith(`adr/${number}-`), page);
      const heading = textOf(join("docs", page)).split("\n")[0] ?? "";
      assert.equal(heading.replace(/^# \d+\.? /, ""), title);
    }
  });

  it("docs/architecture.md says of every folder what it is for", () => {
    const explained = rowsOf("docs/architecture.md", ["Folder", "What it is for"]).map((row) => quoted(row.Folder)[0]);
    const notOurs = new Set([".git", ".gateway", "node_modules", "dist"]);
    const there = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !notOurs.has(entry.name));
    assert.deepEqual(
      there.map(({ name }) => `${name}/`).filter((name) => !explained.includes(name)),
      [],
    );
  });

  it("docs/architecture.md names files and folders there are", () => {
    const paths = quoted(withoutBlocks(textOf("docs/architecture.md"))).filter((name) =>
      /^(?:components|automation|providers|docs|policy-packs)\/[\w./-]*$/.test(name),
    );
    assert.ok(paths.length > 8);
    assert.deepEqual(
      paths.filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
  });
});

const withoutBlocks = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, "");
