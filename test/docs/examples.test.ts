import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { Documents, gateway } from "../unit/cli/support.ts";
import { type Block, blocksOf, commandsOf, fileNamed, pages, ROOT, textOf } from "./support.ts";

/** Verbs that need nothing but the checkout. */
const OFFLINE = /^npx gateway (check|plan|import)\b/;
/** Something the reader has to fill in. */
const PLACEHOLDER = /<[\w-]+>|…|\$\(/;

describe("the examples of the documentation", function () {
  this.timeout(60_000);
  const project = new Documents();
  let command: string;
  const blocks = pages().flatMap((page) => blocksOf(page));
  const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
  const place = ({ page, line }: Block) => `${page}:${line}`;

  before(() => {
    command = project.project();
    for (const part of ["gateways", "stacks", "examples"]) cpSync(join(ROOT, part), join(project.folder, part), { recursive: true });
    for (const block of blocks) {
      const file = fileNamed(block);
      if (file !== undefined) project.write(file, block.text);
    }
  });
  after(() => project.close());

  it("are there", () => assert.ok(of("yaml").length > 2 && of("sh").length > 2));

  for (const block of of("yaml", "yml", "json")) {
    it(`${place(block)} is ${block.language.toUpperCase()}${isDocument(block) ? ", and a gateway document without faults" : ""}`, async () => {
      if (block.language === "json") return void JSON.parse(block.text);
      parse(block.text);
      if (!isDocument(block)) return;
      const file = fileNamed(block) ?? project.write(`gateways/${block.page.replace(/\W/g, "-")}-${block.line}.yaml`, block.text);
      const { code, stdout } = await gateway(["check", "-f", file], project.folder, { command });
      assert.equal(code, 0, stdout);
    });
  }

  for (const block of of("sh", "bash", "console")) {
    for (const line of commandsOf(block)) {
      if (OFFLINE.test(line) && !PLACEHOLDER.test(line)) {
        it(`${place(block)} runs: ${line}`, async () => {
          const [call = "", file] = line.split(/\s+>\s+/);
          const { code, stdout, stderr } = await gateway(call.split(/\s+/).slice(2), project.folder, { command });
          assert.equal(code, 0, stdout + stderr);
          if (file !== undefined) project.write(file, stdout);
        });
      } else if (/\bnpx gateway\b/.test(line)) {
        it(`${place(block)} uses verbs and options there are: ${line}`, async () => {
          for (const [, verb = "", rest = ""] of line.matchAll(/npx gateway ([a-z]+)([^|)&;]*)/g)) {
            const { code, stdout } = await gateway([verb, "--help"]);
            assert.equal(code, 0, `there is no verb ${verb}`);
            for (const [option] of rest.matchAll(/(?<=\s)--?[a-z][a-z-]*/g))
              assert.match(stdout, new RegExp(`(^|[ ,])${option}\\b`, "m"), option);
          }
        });
      } else if (/^npm (run |start|test)/.test(line)) {
        it(`${place(block)} runs a script there is: ${line}`, () => {
          const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
          const name = /^npm (?:run )?([\w:]+)/.exec(line)?.[1] ?? "";
          assert.ok(name in scripts, `package.json has no script ${name}`);
        });
      }
    }
  }

  for (const page of pages()) {
    it(`${page} links to files there are`, () => {
      const text = textOf(page).replace(/^(`{3,})[\s\S]*?^\1$/gm, "");
      const targets = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^\w+:/.test(target));
      assert.deepEqual(
        targets.filter((target) => !existsSync(join(ROOT, dirname(page), target))),
        [],
      );
    });
  }
});

/** A block with everything a document needs. */
function isDocument({ language, text }: Block): boolean {
  return language === "yaml" && /^name:/m.test(text) && /^hostname:/m.test(text) && /^backends:/m.test(text) && /^routes:/m.test(text);
}
