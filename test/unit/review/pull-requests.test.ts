import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { inProcess, ROOT } from "../cli/support.ts";

const PAGE = readFileSync("docs/pull-requests.md", "utf8");
const blocks = (language: string) =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);

interface Job {
  readonly steps?: readonly { readonly run?: string }[];
  readonly script?: readonly string[];
}

/** Every shell script of the page. */
function scripts(): string[] {
  const [github, gitlab] = blocks("yaml").map((text) => parse(text) as Record<string, unknown>);
  const plan = (github?.jobs as { plan: Job } | undefined)?.plan;
  const job = gitlab?.["gateway-plan"] as Job | undefined;
  return [...(plan?.steps ?? []).flatMap(({ run }) => run ?? []), ...(job?.script ?? [])];
}

describe("docs/pull-requests.md", function () {
  this.timeout(30_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-docs-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs a command line of the page in a temporary folder; what it would write to standard output is the answer. */
  async function run(line: string): Promise<string> {
    const words = line
      .replace(/#.*$/, "")
      .replace(/>.*$/, "")
      .trim()
      .split(/\s+/)
      .slice(2)
      .map((word) => (/\.(html|json)$/.test(word) ? join(folder, word.replace(/^.*\//, "")) : word));
    const { code, stdout, stderr } = await inProcess(words);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  it("shows commands that run", async () => {
    const lines = blocks("sh").flatMap((block) => block.split("\n").filter((line) => line !== ""));
    assert.equal(lines.length, 4);
    const [first = "", second = "", third = "", fourth = ""] = lines;
    await run(first);
    assert.ok(existsSync(join(folder, "plan.html")));
    assert.match(await run(second), /^## Gateway shop: /);
    writeFileSync(join(folder, "before.json"), await run(third));
    assert.match(await run(fourth), /Nothing: the plan is the same as the one before/);
    assert.match(await run("npx gateway compare gateways/shop.yaml"), /^gateways\/shop\.yaml on every cloud/);
  });

  it("shows pipelines whose scripts a shell can read and whose options exist", async () => {
    assert.ok(scripts().length >= 6);
    for (const script of scripts()) assert.equal(spawnSync("sh", ["-n", "-c", script]).status, 0, script);
    const help = (await inProcess(["plan", "--help"])).stdout;
    const options = scripts().flatMap((script) =>
      [...script.matchAll(/gateway plan (.*)/g)].flatMap(([, rest = ""]) => rest.match(/--(html|json|markdown|against)\b/g) ?? []),
    );
    assert.deepEqual([...new Set(options)].sort(), ["--against", "--html", "--json", "--markdown"]);
    for (const option of options) assert.ok(help.includes(option), option);
  });

  it("gives the code of a pull request no rights beyond comments", () => {
    const workflow = parse(blocks("yaml")[0] ?? "") as { on: unknown; permissions: unknown };
    assert.equal(workflow.on, "pull_request");
    assert.deepEqual(workflow.permissions, { contents: "read", "pull-requests": "write" });
    assert.ok(existsSync(join(ROOT, "stacks", "Pulumi.aws-prod.yaml")));
  });
});
