import assert from "node:assert/strict";
import { Documents, gateway } from "../unit/cli/support.ts";
import { blocksOf, fileNamed, pages } from "./support.ts";

/** First line of an excerpt: a command that needs nothing but the checkout. */
const COMMAND = /^\$ npx gateway ((?:check|plan|compare)\b.*)$/;

describe("what the documentation says the command prints", function () {
  this.timeout(60_000);
  const project = new Documents();
  let command: string;
  const blocks = pages().flatMap((page) => blocksOf(page));
  const excerpts = blocks.filter(({ language, text }) => language === "text" && COMMAND.test(text.split("\n")[0] ?? ""));

  before(() => {
    command = project.project();
    for (const block of blocks) {
      const file = fileNamed(block);
      if (file !== undefined) project.write(file, block.text);
    }
  });
  after(() => project.close());

  it("is there for every cloud", () => {
    const stacks = excerpts.map(({ text }) => /-s (\S+)/.exec(text)?.[1]).filter((stack) => stack !== undefined);
    assert.deepEqual(["orders-aws", "orders-azure", "orders-gcp", "orders-local"], stacks.sort());
  });

  for (const { page, line, text } of excerpts) {
    const [first = "", ...shown] = text.split("\n");
    it(`${page}:${line} is what it prints: ${first}`, async () => {
      const args = COMMAND.exec(first)?.[1]?.split(/\s+/) ?? [];
      const { stdout, stderr } = await gateway(args, project.folder, { command });
      const printed = stdout.split("\n");
      let at = 0;
      for (const wanted of shown.filter((each) => each.trim() !== "…" && each !== "")) {
        const found = printed.findIndex((each, index) => index >= at && isLine(each, wanted));
        assert.ok(found >= 0, `not printed, or not in this order: ${wanted}\n${stdout}${stderr}`);
        at = found + 1;
      }
    });
  }
});

/** `…` at the end stands for the rest of a line. */
const isLine = (printed: string, shown: string) => (shown.endsWith("…") ? printed.startsWith(shown.slice(0, -1)) : printed === shown);
